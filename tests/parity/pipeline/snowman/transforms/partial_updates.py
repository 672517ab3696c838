"""The transform `snowman.transforms.partial_updates`, as its documentation describes it."""

from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()


@transforms.add
def repeat(config, tasks):
    for task in tasks:
        settings = task.pop("partial-updates", None)
        if settings:
            releases = earlier(config, task)
            if settings.get("required") and not releases:
                continue
            for field in settings["fields"]:
                *way, last = field.split(".")
                holder = task
                for key in way:
                    holder = holder[key]
                holder[last] = repeated(holder[last], releases)
        yield task


def earlier(config, task):
    history = config.params.get("release_history") or {}
    locale = task.get("attributes", {}).get("locale")
    counted = [
        (version, info)
        for version, info in history.items()
        if "buildNumber" in info and (not locale or not info.get("locales") or locale in info["locales"])
    ]
    return [
        {
            "{previous_version}": version,
            "{previous_build}": info["buildNumber"],
            "{previous_buildid}": info.get("buildid", f"{version}build{info['buildNumber']}"),
            "{previous_number}": number,
        }
        for number, (version, info) in enumerate(counted, 1)
    ]


def repeated(value, releases):
    if isinstance(value, list):
        return [one for item in value for one in variants(item, releases)]
    return {key: one for pair in value.items() for key, one in variants(pair, releases)}


def variants(value, releases):
    if "{previous_" not in repr(value):
        return [value]
    return [filled(value, release) for release in releases]


def filled(value, release):
    if isinstance(value, str):
        if value in release:
            return release[value]
        for name, text in release.items():
            value = value.replace(name, str(text))
        return value
    if isinstance(value, tuple):
        return tuple(filled(item, release) for item in value)
    if isinstance(value, list):
        return [filled(item, release) for item in value]
    if isinstance(value, dict):
        return {filled(key, release): filled(item, release) for key, item in value.items()}
    return value
