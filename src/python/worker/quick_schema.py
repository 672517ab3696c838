"""Validates plain data without interpreting voluptuous schemas for each task."""

from snowman_worker import quick

VALIDATE = ("4c731be6-319", "1f0be883-1087", "bc916cc9-1191")
KEYED_BY = ("060ace3c-597", "7d391453-679", "719402fb-1050", "85e11fcd-1021")

# The releases of voluptuous whose compiled validators are known: the sums of `schema_builder.py` and
# `validators.py`.
RELEASES = {
    (0x84D56E86, 0x53E25CBA): "0.12.0",
    (0x59D057A2, 0xFAF0F3A2): "0.12.1",
    (0x59D057A2, 0x75CE1164): "0.12.2",
    (0x59D057A2, 0x08AD1237): "0.13.0",
    (0xBE82EB44, 0xB608DAE1): "0.13.1",
    (0x8226877D, 0x3852642E): "0.14.1",
    (0xC7C74852, 0x311FDDB1): "0.14.2",
    (0x4A1C4D3B, 0x311FDDB1): "0.15.0",
    (0xCC1B4790, 0x47AC6AF0): "0.15.2",
    (0xBD1E6293, 0xA846BE45): "0.16.0",
}


def known_release(voluptuous):
    """Returns whether the installed voluptuous is one whose compiled validators are known."""
    modules = (voluptuous.schema_builder, voluptuous.validators)
    return quick.sums(module.__file__ for module in modules) in RELEASES


class Validators:
    """The checks of schemas, made when a schema is used for the second time."""

    def __init__(self, names):
        self.names = names
        self.checks = None

    def _checks(self):
        if self.checks is None:
            from snowman_worker import quick_checks

            voluptuous = self.names["voluptuous"]
            self.checks = False
            if known_release(voluptuous):
                keyed = self.names["optionally_keyed_by"]
                code = None
                if quick.digest(keyed) in KEYED_BY:
                    code = quick_checks.nested_code(keyed, "validator")
                kind = self.names.get("LegacySchema") or self.names["Schema"]
                self.checks = quick_checks.Checks(
                    voluptuous.schema_builder, voluptuous.validators, (code, kind)
                )
        return self.checks

    def test_for(self, schema):
        """Returns the test for a schema, or nothing if there is none."""
        values = schema.__dict__
        kept = values.get("_snowman_test")
        compiled = schema._compiled
        if kept is not None and kept[0] is compiled:
            if kept[1] is not None:
                return kept[1]
            checks = self._checks()
            test = None
            if checks and type(schema).__call__ is checks.call and checks.is_known(compiled):
                test = checks.of(compiled).test
            values["_snowman_test"] = (compiled, test or False)
            return test
        values["_snowman_test"] = (compiled, None)
        return None


def make(original, names):
    if quick.digest(original) not in VALIDATE:
        return None
    taskgraph = names["taskgraph"]
    voluptuous = names["voluptuous"]
    validators = Validators(names)

    def validate_schema(schema, obj, msg_prefix):
        if not taskgraph.fast and isinstance(schema, voluptuous.Schema):
            try:
                test = validators.test_for(schema)
                if test and test(obj):
                    return
            except Exception:
                # The original raises what there is to raise.
                pass
        return original(schema, obj, msg_prefix)

    return validate_schema
