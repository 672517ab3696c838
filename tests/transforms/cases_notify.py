"""Cases of the transform `notify`."""


def case(name, notify, more=None, **rest):
    item = {"name": "n", "description": "d", "notify": notify, **(more or {})}
    return {"name": f"notify: {name}", "transform": "notify", "kind": "thing", "items": [item], **rest}


def legacy(name, notifications, more=None, **rest):
    item = {"name": "n", "notifications": notifications, **(more or {})}
    return {"name": f"notify, older form: {name}", "transform": "notify", "items": [item], **rest}


EMAIL = {"type": "email", "address": "a@example.com"}
ALL = [
    EMAIL,
    {"type": "matrix-room", "room-id": "!r:example.com", "status-type": "on-failed"},
    {"type": "pulse", "routing-key": "k", "status-type": "on-defined"},
    {"type": "slack-channel", "channel-id": "C1", "status-type": "on-exception"},
]


def to(**recipient):
    return {"recipients": [{**EMAIL, **recipient}]}


STATES = ["on-completed", "on-defined", "on-exception", "on-failed", "on-pending", "on-resolved", "on-running"]

NOTIFY = [
    case("everybody", {"recipients": ALL}),
    case("every state", {"recipients": [{**EMAIL, "status-type": state} for state in STATES]}),
    case("nobody", {"recipients": []}),
    case("nobody, with content", {"recipients": [], "content": {"email": {"subject": "s"}}}),
    case("null", None),
    case("empty", {}),
    case("a list", ALL),
    case("not there", None, items=[{"name": "a {b}"}]),
    case("no name", None, items=[{"label": "x"}]),
    case("name a number", {"recipients": ALL}, more={"name": 5}),
    case("recipients null", {"recipients": None}),
    case("recipients of texts", {"recipients": ["a@example.com"]}),
    case("unknown key", {"recipients": ALL, "contents": {}}),
    case("unknown type", {"recipients": [{"type": "e-mail", "address": "a"}]}),
    case("no type", {"recipients": [{"address": "a"}]}),
    case("type null", {"recipients": [{"type": None, "address": "a"}]}),
    case("key of another type", {"recipients": [{"type": "pulse", "address": "a"}]}),
    case("matrix-room without a room", {"recipients": [{"type": "matrix-room"}]}),
    case("pulse with a number", {"recipients": [{"type": "pulse", "routing-key": 1}]}),
    case("slack-channel with an unknown key", {"recipients": [{"type": "slack-channel", "channel-id": "a", "x": 1}]}),
    case("unknown state", to(**{"status-type": "on-complete"})),
    case("state null", to(**{"status-type": None}), on_purpose="null is as good as nothing; the peer makes a route that ends in None"),
    case("address keyed by level", to(address={"by-level": {"3": "three@example.com", "default": "{task[name]}@example.com"}})),
    case("address keyed by level 3", to(address={"by-level": {"3": "three@example.com", "default": "x"}}), params={"level": "3"}),
    case("address keyed by project and level", to(address={"by-project": {"c.*": {"by-level": {"1": "one"}}, "default": "x"}})),
    case("address keyed by both", to(address={"by-project": {"c.": {"by-level": {"1": "one", "3": "three"}}, "default": "x"}})),
    case("address keyed by something else", to(address={"by-platform": {"a": "x", "default": "y"}})),
    case("address keyed without a match", to(address={"by-level": {"3": "x", "2": "y"}})),
    case("address keyed by only a default", to(address={"by-level": {"default": "y"}})),
    case("address of a wrong type in keys", to(address={"by-level": {"1": 1, "default": "y"}})),
    case("address a list", to(address=["a"])),
    case("address null", to(address=None)),
    case("recipients filled in", {"recipients": [
        {"type": "email", "address": "{task[name]}-{config[kind]}@{config[params][project]}.com"},
        {"type": "pulse", "routing-key": "{config[path]}.{config[params][level]}.{config[write_artifacts]}"},
        {"type": "matrix-room", "room-id": "{config[graph_config][trust-domain]}.{config[config][x][y]}"},
        {"type": "slack-channel", "channel-id": "{task[attributes][a]}{{}}"},
    ]}, more={"attributes": {"a": [1, "b"]}}, kind_config={"x": {"y": "z"}}),
    case("recipients with an unknown name", to(address="{level}")),
    case("recipients with an unknown parameter", to(address="{config[params][colour]}")),
    case("recipients with an unknown field", to(address="{task[colour]}")),
    case("recipients with braces", to(address="a{b")),
    case("routes are seen by later recipients", {"recipients": [EMAIL, {"type": "pulse", "routing-key": "{task[routes]}"}]}),
    case("own routes", {"recipients": ALL}, more={"routes": ["mine"]}),
    case("routes null", {"recipients": ALL}, more={"routes": None}),
    case("routes a text", {"recipients": ALL}, more={"routes": "x"}),
    # content
    case("all content", {"recipients": ALL, "content": {
        "slack": {"text": "t {task[name]}", "blocks": [{"text": "{raw}"}], "attachments": [1]},
        "email": {"subject": "s {task[name]}", "content": "c", "link": {"text": "{config[kind]}", "href": "h"}},
        "matrix": {"body": "b", "formatted-body": "<b>{task[name]}</b>", "format": "f", "msg-type": "m.notice"},
    }}),
    case("content of emails", {"recipients": ALL, "content": {"email": {"content": "c"}}}),
    case("content of nothing", {"recipients": ALL, "content": {}}),
    case("content null", {"recipients": ALL, "content": None}),
    case("content of emails null", {"recipients": ALL, "content": {"email": None}}),
    case("content of matrix null", {"recipients": ALL, "content": {"matrix": None}}),
    case("content of slack null", {"recipients": ALL, "content": {"slack": None}}),
    case("content with nulls", {"recipients": ALL, "content": {"email": {"subject": None}, "slack": {"text": None}}}),
    case("content with an unknown key", {"recipients": ALL, "content": {"pulse": {}}}),
    case("content of emails with an unknown key", {"recipients": ALL, "content": {"email": {"body": "x"}}}),
    case("content with half a link", {"recipients": ALL, "content": {"email": {"link": {"text": "x"}}}}),
    case("content with a link that is null", {"recipients": ALL, "content": {"email": {"link": None}}}),
    case("content with an unknown name", {"recipients": ALL, "content": {"email": {"subject": "{name}"}}}),
    case("content with a wrong type", {"recipients": ALL, "content": {"slack": {"blocks": "x"}}}),
    case("own extra", {"recipients": ALL, "content": {"slack": {"text": "x"}}}, more={"extra": {"a": 1, "notify": {"b": 2}}}),
    case("extra null", {"recipients": ALL, "content": {"slack": {"text": "x"}}}, more={"extra": None}),
    case("formats", to(address="{task[name]:>5}|{config[params][build_date]:,}|{config[kind]!r}"), formats=True),
    # the older form
    legacy("one address", {"emails": ["a@example.com"], "subject": "s"}),
    legacy("two addresses and states", {"emails": ["a", "b"], "subject": "s", "status-types": ["on-failed", "on-resolved"]}),
    legacy("a message", {"emails": ["a"], "subject": "s {task[name]}", "message": "m {config[kind]}"}),
    legacy("message null", {"emails": ["a"], "subject": "s", "message": None}),
    legacy("keyed by level", {"emails": {"by-level": {"3": ["a"], "default": ["b", "c"]}}, "subject": "s"}),
    legacy("keyed by project", {"emails": {"by-project": {"ci": ["a"], "default": []}}, "subject": "s"}),
    legacy("keyed by something else", {"emails": {"by-platform": {"ci": ["a"], "default": []}}, "subject": "s"}),
    legacy("keyed without a match", {"emails": {"by-level": {"3": ["a"], "2": []}}, "subject": "s"}),
    legacy("keyed with a wrong type", {"emails": {"by-level": {"3": "a", "default": []}}, "subject": "s"}),
    legacy("addresses filled in", {"emails": ["{task[name]}@example.com"], "subject": "s"}),
    legacy("nobody", {"emails": [], "subject": "s"}),
    legacy("no states", {"emails": ["a"], "subject": "s", "status-types": []}),
    legacy("states null", {"emails": ["a"], "subject": "s", "status-types": None}),
    legacy("unknown state", {"emails": ["a"], "subject": "s", "status-types": ["failed"]}),
    legacy("no subject", {"emails": ["a"]}),
    legacy("no addresses", {"subject": "s"}),
    legacy("one address as a text", {"emails": "a", "subject": "s"}),
    legacy("unknown key", {"emails": ["a"], "subject": "s", "status-type": "on-failed"}),
    legacy("null", None),
    legacy("both forms", {"emails": ["a"], "subject": "s"}, more={"notify": {"recipients": ALL}}),
    legacy("both forms, the newer null", {"emails": ["a"], "subject": "s"}, more={"notify": None}),
    legacy("unknown name", {"emails": ["a"], "subject": "{name}"}),
]
