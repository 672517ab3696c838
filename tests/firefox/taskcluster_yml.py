"""Writes cases for the test of rendered tasks: what JSON-e for Python renders from Firefox's `.taskcluster.yml` for
pushes, cron jobs and each action that an actions.json offers.

usage: $VENV/bin/python taskcluster_yml.py TEMPLATE ACTIONS_JSON OUT
       SNOWMAN_TEMPLATES=OUT cargo test --test library tasks_are_those_of_the_services
"""

import json
import pathlib
import sys

import decision_cases

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "taskcluster_yml"))

import services  # noqa: E402

REVISIONS = "cafe" * 10, "babe" * 10
INPUT = {"times": 3, "note": "a 'quoted' ${note} é", "release_promotion_flavor": "promote_firefox", "behavior": "b"}
USERS = [
    {"input": INPUT, "taskId": None, "taskGroupId": services.OWN},
    {"input": {**INPUT, "more": [None, 1.5, {}]}, "taskId": services.OWN, "taskGroupId": services.OWN},
]


def main():
    template, offered, out = sys.argv[1:]
    text = pathlib.Path(template).read_text()
    events = [case.event(*REVISIONS) for case in decision_cases.CASES.values()]
    unique = [event for number, event in enumerate(events) if event not in events[:number]]
    cases = [services.decision(text, event) for event in unique]
    for action in json.loads(pathlib.Path(offered).read_text())["actions"]:
        cases += [services.action(text, action, user) for user in USERS]
    pathlib.Path(out).write_text(json.dumps(cases))
    print(f"{len(unique)} events, {len(cases) - len(unique)} actions")


if __name__ == "__main__":
    main()
