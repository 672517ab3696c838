"""Cases of the transform `from_deps`."""


def task(kind, name, **attributes):
    return {
        "kind": kind,
        "label": f"{kind}-{name}",
        "attributes": attributes,
        "task": {},
        "description": "",
    }


BUILDS = [
    task("build", "linux", platform="linux", os="linux", build_type="opt", number=1),
    task("build", "win", platform="win", os="windows", build_type="debug", number=2),
    task("package", "linux", platform="linux", format="deb", ok=True),
    task("package", "win", platform="win", format="msi", ok=1),
    task("other", "linux", platform="linux"),
]


def case(name, from_deps, deps=BUILDS, kinds=("build", "package"), more=None, **rest):
    item = {"name": "n", "description": "d", "from-deps": from_deps, **(more or {})}
    return {
        "name": f"from_deps: {name}",
        "transform": "from_deps",
        "kind": "sign",
        "kind_config": {"kind-dependencies": list(kinds)},
        "dependencies": deps,
        "items": [item],
        **rest,
    }


TWO_OF_A_KIND = [
    task("build", "b", platform="linux"),
    task("build", "a", platform="linux"),
    task("package", "z", platform="linux"),
]

FETCHES = {
    "build": [
        {"artifact": "target.{platform}.zip", "extract": False},
        {"artifact": "{build_type}/x", "dest": "in/{os}", "verify-hash": True},
    ],
    "package": [{"artifact": "p.{format}"}],
}

FROM_DEPS = [
    # Kinds
    case("defaults", {}),
    case("one kind", {"kinds": ["package"]}),
    case("kinds in another order", {"kinds": ["package", "build"], "group-by": {"attribute": "platform"}}),
    case("kinds named twice", {"kinds": ["build", "build"]}),
    case("unknown kind", {"kinds": ["build", "pakage"]}),
    case("kinds empty", {"kinds": []}),
    case("kinds null", {"kinds": None}),
    case("kinds a string", {"kinds": "build"}),
    case("kinds of another type", {"kinds": [1]}),
    case("no kind dependencies", {}, kinds=()),
    case("no kind dependencies at all", {}, kind_config={}),
    case("no tasks", {}, deps=[]),
    case("two items", {}, items=[
        {"name": "a", "from-deps": {"kinds": ["build"]}},
        {"name": "b", "from-deps": {"kinds": ["package"]}, "x": {"y": [1]}},
    ]),
    case("missing", {}, items=[{"name": "a"}]),
    case("null", None),
    case("a string", "build"),
    case("unknown key", {"kind": ["build"]}),
    # Attributes
    case("with attribute", {"with-attributes": {"platform": "win"}}),
    case("with one of some values", {"with-attributes": {"platform": ["win", "mac"], "number": [2, 3]}}),
    case("with two attributes", {"with-attributes": {"platform": "linux", "format": "deb"}}),
    case("with an attribute that none has", {"with-attributes": {"colour": "red"}}),
    case("with a truth that is one", {"with-attributes": {"ok": [True]}}),
    case("with an integer that is a float", {"with-attributes": {"number": [1.0]}}),
    case("with nothing in a list", {"with-attributes": {"platform": []}}),
    case("with-attributes null", {"with-attributes": None}),
    case("with-attributes empty", {"with-attributes": {}}),
    case("with-attributes of another type", {"with-attributes": {"number": 1}}),
    case("with the attribute kind", {"with-attributes": {"kind": "build"}}),
    # Groups
    case("group single", {"group-by": "single"}),
    case("group all", {"group-by": "all", "with-attributes": {"platform": "win"}}),
    case("group all of nothing", {"group-by": "all"}, deps=[]),
    case("group all with several of a kind", {"group-by": "all"}),
    case("group attribute", {"group-by": {"attribute": "platform"}}),
    case("group attribute that some lack", {"group-by": {"attribute": "build_type"}}),
    case("group attribute that none has", {"group-by": {"attribute": "colour"}}),
    case("group attribute of falsy values", {"group-by": {"attribute": "x"}}, deps=[
        task("build", "a", x=""), task("build", "b", x=0), task("build", "c", x=[]),
        task("build", "d", x=False), task("build", "e", x=None), task("build", "f", x="y"),
    ]),
    case("group attribute of equal numbers", {"group-by": {"attribute": "x"}, "unique-kinds": False}, deps=[
        task("build", "a", x=1), task("build", "b", x="1"), task("build", "c", x=True),
        task("package", "d", x=1.0), task("build", "e", x=2),
    ]),
    case("group attribute that is a list", {"group-by": {"attribute": "x"}}, deps=[
        task("build", "a", x=["y"])]),
    case("group attribute without an argument", {"group-by": "attribute"}),
    case("group attribute with a number", {"group-by": {"attribute": 1}}),
    case("group attribute with null", {"group-by": {"attribute": None}}),
    case("group single with an argument", {"group-by": {"single": "x"}}),
    case("group all with an argument", {"group-by": {"all": None}}),
    case("group unknown", {"group-by": "platform"}),
    case("group unknown with an argument", {"group-by": {"atribute": "platform"}}),
    case("group by two", {"group-by": {"attribute": "platform", "all": None}}),
    case("group by nothing", {"group-by": {}}),
    case("group null", {"group-by": None}),
    case("group a list", {"group-by": ["single"]}),
    # Kinds in a group
    case("two of the primary kind", {"group-by": "all", "unique-kinds": False}, deps=TWO_OF_A_KIND),
    case("two of a kind and unique kinds", {"group-by": {"attribute": "platform"}}, deps=TWO_OF_A_KIND),
    case("unique-kinds null", {"group-by": "all", "unique-kinds": None}, deps=TWO_OF_A_KIND),
    case("unique-kinds a string", {"unique-kinds": "yes"}),
    case("unique-kinds false", {"unique-kinds": False}),
    case("primary kind not in each group", {"kinds": ["package", "build"], "group-by": {"attribute": "platform"}}, deps=[
        task("build", "x", platform="x"), task("package", "y", platform="y"), task("build", "y", platform="y")]),
    # Names
    case("strip-kind", {"set-name": "strip-kind"}),
    case("retain-kind", {"set-name": "retain-kind"}),
    case("keep the name: null", {"set-name": None}),
    case("keep the name: false", {"set-name": False}),
    case("keep the name: empty", {"set-name": ""}),
    case("keep the name: empty mapping", {"set-name": {}}),
    case("name true", {"set-name": True}),
    case("name unknown", {"set-name": "strip-kinds"}),
    case("name with an argument", {"set-name": {"strip-kind": 1}}),
    case("name a number", {"set-name": 1}),
    case("strip-kind of odd labels", {}, kinds=("build",), deps=[
        {**task("build", "x"), "label": "linux-build"},
        {**task("build", "x"), "label": "build"},
        {**task("build", "x"), "label": "build/x"},
        {**task("build", "x"), "label": "buildüx"},
    ]),
    # Attributes of the result
    case("copy attributes", {"copy-attributes": True}),
    case("copy attributes over own", {"copy-attributes": True}, more={"attributes": {"platform": "mine", "own": [1]}}),
    case("own attributes", {}, more={"attributes": {"own": {"a": 1}, "primary-dependency-label": "x"}}),
    case("copy-attributes null", {"copy-attributes": None}),
    case("copy-attributes a number", {"copy-attributes": 1}),
    case("attributes null", {}, more={"attributes": None}),
    case("attributes a list", {"copy-attributes": True}, more={"attributes": []}),
    # Dependencies of the result
    case("own dependencies", {}, more={"dependencies": {"build": "x", "other": "other-linux"}}),
    case("dependencies null", {}, more={"dependencies": None}),
    case("dependencies a list", {}, more={"dependencies": ["x"]}),
    # Fetches
    case("fetches", {"fetches": FETCHES, "group-by": {"attribute": "platform"}}),
    case("fetches by label", {"fetches": FETCHES, "group-by": {"attribute": "platform"}, "unique-kinds": False}),
    case("fetches by label with two of a kind",
         {"fetches": {"build": [{"artifact": "a-{platform}"}]}, "group-by": "all", "unique-kinds": False},
         deps=TWO_OF_A_KIND),
    case("fetches of one kind", {"fetches": {"build": [{"artifact": "a"}]}}),
    case("fetches beside own", {"fetches": FETCHES, "kinds": ["build"]},
         more={"fetches": {"docs": ["x"], "build": ["y"]}}),
    case("fetches of a dependency by hand", {"fetches": {"other": [{"artifact": "{platform}"}]}},
         more={"dependencies": {"mine": "other-linux"}}),
    case("fetches of a kind that is no dependency", {"fetches": {"colour": [{"artifact": "a"}]}}),
    case("fetches of nothing", {"fetches": {"build": []}}),
    case("fetches empty", {"fetches": {}}),
    case("fetches null", {"fetches": None}),
    case("fetches with an attribute that is missing", {"fetches": {"build": [{"artifact": "{colour}"}]}}),
    case("fetches with a destination that cannot be filled in",
         {"fetches": {"build": [{"artifact": "a", "dest": "{colour}"}]}}),
    case("fetches with a destination that is null", {"fetches": {"build": [{"artifact": "a", "dest": None}]}}),
    case("fetches with flags that are null", {"fetches": {"build": [{"artifact": "a", "extract": None}]}}),
    case("fetches with a format", {"fetches": {"build": [{"artifact": "a-{number:03}-{{x}}"}]}}, formats=True),
    case("fetches with braces", {"fetches": {"build": [{"artifact": "{{{platform}}}"}]}}),
    case("fetches without an artifact", {"fetches": {"build": [{"dest": "a"}]}}),
    case("fetches with an unknown key", {"fetches": {"build": [{"artifact": "a", "desk": "a"}]}}),
    case("fetches a list", {"fetches": [{"artifact": "a"}]}),
    case("fetches of a string", {"fetches": {"build": ["a"]}}),
    case("own fetches null", {"fetches": FETCHES}, more={"fetches": None}),
    case("own fetches null and none to add", {"fetches": {"colour": []}}, more={"fetches": None}),
]
