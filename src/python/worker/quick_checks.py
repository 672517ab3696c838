"""Makes fast checks out of what voluptuous has compiled.

`Checks.of` takes a validator that a voluptuous schema has compiled, a closure with a known code, and makes a
function that only answers whether plain data is valid. What it does not know, it leaves to the validator
itself. An answer of no need not be explained: the caller runs voluptuous for that. `Unsure`, like any other
exception, means that only voluptuous can answer.

Each check also tells where its errors are, because voluptuous stops trying alternatives if an error is
inside of a value; what voluptuous returns for a valid value: the value itself, an equal copy, or something
else; and whether it calls functions, because voluptuous calls them for the rest of an invalid value too, and
they may raise exceptions.
"""

import types

SAME, EQUAL, OTHER = "same", "equal", "other"

# Types of literals that are found in a set if and only if they are equal to an element.
LITERALS = frozenset((str, int, bool, type(None)))


class Unsure(Exception):
    """Only voluptuous can answer."""


class Check:
    """Whether a value is valid.

    `test` answers; `at_value` tells whether all errors are about the value itself and not about something
    inside; `returns` tells what voluptuous returns; `calls` tells whether there may be exceptions or effects
    of functions. A check for an instance or a literal has it too.
    """

    def __init__(self, test, at_value, returns, calls=False, instance=None, literal=()):
        self.test = test
        self.at_value = at_value
        self.returns = returns
        self.calls = calls
        self.instance = instance
        self.literal = literal

    def traits(self):
        return (self.at_value, self.returns, self.calls)


def nested_code(function, name, free=None):
    """Returns the code of a function that is defined in another one."""
    for constant in function.__code__.co_consts:
        if isinstance(constant, types.CodeType) and constant.co_name == name:
            if free is None or constant.co_freevars == free:
                return constant
    return None


def cells(function):
    """Returns the variables that a closure uses, by name."""
    found = (cell.cell_contents for cell in function.__closure__ or ())
    return dict(zip(function.__code__.co_freevars, found))


def traits(checks):
    """Returns the traits of a check that consists of others."""
    found = {check.returns for check in checks}
    returns = OTHER if OTHER in found else EQUAL if EQUAL in found else SAME
    at_value = all(check.at_value for check in checks)
    return at_value, returns, any(check.calls for check in checks)


def apart(value):
    """Returns a copy of plain data."""
    kind = type(value)
    if kind in LITERALS or kind is float:
        return value
    if kind is dict:
        return {key: apart(one) for key, one in value.items()}
    if kind is list:
        return [apart(one) for one in value]
    raise Unsure


def call_apart(function, value):
    """Calls a function with a copy, because voluptuous may have to call it again."""
    copied = apart(value)
    try:
        function(copied)
    finally:
        if copied != value:
            raise Unsure


def instance_test(kind):
    if type(kind) is type:
        # This is the same as `isinstance`, without a call of a Python function.
        return kind.__instancecheck__
    return lambda value: isinstance(value, kind)


def _steps(checks):
    """Yields tests in the order of the checks, one for all instances and literals that follow each other."""
    simple = []
    for check in checks:
        if type(check.instance) is type or check.literal:
            simple.append(check)
            continue
        if simple:
            yield _simple_test(simple)
            simple = []
        yield check.test
    if simple:
        yield _simple_test(simple)


def _simple_test(checks):
    if len(checks) == 1:
        return checks[0].test
    kinds = tuple(check.instance for check in checks if check.instance)
    literals = [check.literal[0] for check in checks if check.literal]
    values = frozenset(literals)

    def test(value):
        if isinstance(value, kinds):
            return True
        if type(value) in LITERALS:
            return value in values
        for literal in literals:
            if not value != literal:
                return True
        return False

    return test


def any_test(checks):
    """Returns a test for values that pass one of the checks."""
    steps = list(_steps(checks))
    if len(steps) == 1:
        return steps[0]

    def test(value):
        for step in steps:
            if step(value):
                return True
        return False

    return test


def list_test(kind, checks):
    """Returns a test for sequences whose elements pass one of the checks."""
    # If an error is inside of an element, voluptuous does not try the next alternative.
    backtracks = all(check.at_value for check in checks[:-1])
    calls = any(check.calls for check in checks)
    only = any_test(checks) if backtracks and checks and not calls else None
    tests = [(check.test, check.at_value) for check in checks]

    def test(value):
        if type(value) is not kind:
            if isinstance(value, kind):
                raise Unsure
            return False
        if not tests:
            return not value
        if only:
            return all(map(only, value))
        valid = True
        for element in value:
            for one, at_value in tests:
                if one(element):
                    break
                if not at_value:
                    raise Unsure
            else:
                valid = False
        return valid

    return test


class Mapping:
    """What voluptuous has compiled for a mapping."""

    def __init__(self):
        self.values = {}
        self.wild = []
        self.required = []
        self.defaults = []
        self.exclusive = []
        self.inclusive = []
        self.owner = None
        self.allow = self.prevent = None
        self.calls = False
        self.returns = EQUAL

    def test(self):
        """Returns the test for mappings."""
        values, wild, required = self.values, tuple(self.wild), tuple(self.required)
        defaults, exclusive, inclusive = self.defaults, self.exclusive, self.inclusive
        owner, allow, prevent, calls = self.owner, self.allow, self.prevent, self.calls

        def test(value):
            if type(value) is not dict:
                if isinstance(value, dict):
                    raise Unsure
                return False
            for names in exclusive:
                if sum(name in value for name in names) > 1:
                    return False
            for names in inclusive:
                if 0 < sum(name in value for name in names) < len(names):
                    return False
            valid = True
            for key, one in value.items():
                found = values.get(key)
                if found is None:
                    for matches, found in wild:
                        if matches is None or matches(key):
                            break
                    else:
                        if owner.extra == prevent:
                            valid = False
                        elif wild or owner.extra != allow:
                            # Some releases refuse a key that almost matches.
                            raise Unsure
                        continue
                if not found(one):
                    valid = False
                if not valid and not calls:
                    return False
            for name, default, found in defaults:
                if name not in value and not found(default()):
                    valid = False
            for name in required:
                if name not in value:
                    return False
            return valid

        return test


def _check_files(builder, validators):
    """Raises an exception if functions on which checks rely are not voluptuous' own."""
    own = {builder.default_factory.__code__.co_filename, validators.truth.__code__.co_filename}
    schema, parts = builder.Schema, validators._WithSubValidators
    compiling = (schema._compile, schema._compile_mapping, schema._compile_dict, schema._compile_sequence)
    calling = (schema.__call__, builder.Marker.__call__, builder._compile_scalar, parts._run)
    for function in compiling + calling + (validators.Any._exec, validators.All._exec):
        if function.__code__.co_filename not in own:
            raise LookupError(function)


class Checks:
    """Makes checks for one installation of voluptuous."""

    def __init__(self, builder, validators, keyed_by):
        """`keyed_by` is the code of validators for values that may be keyed, and the class of their
        schemas."""
        schema = builder.Schema
        _check_files(builder, validators)
        self.builder = builder
        self.validators = validators
        self.keyed_code, self.keyed_schema = keyed_by
        self.call = schema.__call__
        self.marker_call = builder.Marker.__call__
        self.makers = {
            nested_code(builder._compile_scalar, "validate_instance"): self._instance,
            nested_code(builder._compile_scalar, "validate_value"): self._literal,
            nested_code(builder._compile_scalar, "validate_callable"): self._callable,
            nested_code(schema._compile_sequence, "validate_sequence"): self._sequence,
            nested_code(schema._compile_dict, "validate_dict"): self._dict,
            nested_code(schema._compile, "<lambda>", ()): lambda _: Check(lambda _: True, True, SAME),
        }
        self.makers.pop(None, None)
        self.mapping_code = nested_code(schema._compile_mapping, "validate_mapping")
        self.run = {one: one._exec for one in (validators.Any, validators.All)}
        # These only look at a value, and their errors have no path.
        names = ("Match", "Range", "Length", "In", "NotIn", "Contains", "Equal", "Datetime", "Date")
        self.lookers = tuple(getattr(validators, name) for name in names if hasattr(validators, name))
        # These never raise another exception; others may fail to word their errors.
        self.safe = (validators.Match, validators.Range, validators.Length)

    def of(self, validate):
        """Returns the check for a compiled validator."""
        try:
            found = self._known(validate)
        except (AttributeError, KeyError, LookupError, TypeError, ValueError):
            # A project may have changed anything in voluptuous.
            found = None
        return found or self._unknown(validate)

    def _known(self, validate):
        if type(validate) is types.MethodType:
            owner = validate.__self__
            run = self.run.get(type(owner))
            known = run is not None and type(owner)._exec is run
            if known and validate.__func__ is self.validators._WithSubValidators._run:
                if getattr(owner, "discriminant", None) is None:
                    if type(owner) is self.validators.Any:
                        return self._any(owner)
                    return self._all(owner, validate)
            return None
        maker = self.makers.get(getattr(validate, "__code__", None))
        return maker(cells(validate)) if maker else None

    def is_known(self, validate):
        """Returns whether there is a faster check for a validator."""
        return type(validate) is types.MethodType or getattr(validate, "__code__", None) in self.makers

    def _unknown(self, validate):
        invalid = self.builder.er.Invalid

        def test(value):
            try:
                call_apart(lambda copied: validate([], copied), value)
            except invalid:
                return False
            return True

        return Check(test, False, OTHER, calls=True)

    def _instance(self, found):
        kind = found["schema"]
        return Check(instance_test(kind), True, SAME, instance=kind)

    def _literal(self, found):
        literal = found["schema"]
        if type(literal) in LITERALS:
            return Check(lambda value: not value != literal, True, SAME, literal=(literal,))
        return Check(lambda value: not value != literal, True, SAME)

    def _callable(self, found):
        schema = found["schema"]
        if isinstance(schema, self.builder.Schema):
            return self.of_schema(schema) if type(schema).__call__ is self.call else None
        if isinstance(schema, self.builder.Marker):
            known = type(schema).__call__ is self.marker_call
            return self.of_schema(schema._schema) if known else None
        if getattr(schema, "__code__", None) is self.keyed_code and self.keyed_code is not None:
            return self._keyed(schema)
        at_value = type(schema) in self.lookers
        errors = (ValueError, self.builder.er.Invalid)

        def test(value):
            try:
                if at_value:
                    schema(value)
                else:
                    call_apart(schema, value)
            except errors:
                return False
            return True

        calls = type(schema) not in self.safe
        return Check(test, at_value, SAME if at_value else OTHER, calls)

    def of_schema(self, schema):
        """Returns the check for a schema inside of another one."""
        return self.of(schema._compiled) if schema._compiled is not None else None

    def _keyed(self, validator):
        kept = validator.__dict__.get("_snowman_check")
        if kept is not None:
            return kept
        found = cells(validator)
        fields = found["fields"]
        # voluptuous compiles it again for each value.
        try:
            schema = self.keyed_schema(found["schema"])
        except Exception:
            return None
        inner = self.of_schema(schema)
        if inner is None:
            return None
        inner_test = inner.test

        def test(value):
            if isinstance(value, dict) and len(value) == 1:
                key, alternatives = next(iter(value.items()))
                if key.startswith("by-") and key[3:] in fields:
                    for one in alternatives.values():
                        if not test(one):
                            return False
                    return True
            return inner_test(value)

        validator._snowman_check = Check(test, False, OTHER, calls=True)
        return validator._snowman_check

    def _any(self, owner):
        """Each schema that contains the same object compiles it again, and the last one counts."""
        first = current = self._alternatives(owner)
        compiled = owner._compiled

        def test(value):
            nonlocal compiled, current
            if owner._compiled is not compiled:
                last = owner._compiled
                again = self._alternatives(owner)
                if again.traits() != first.traits():
                    raise Unsure
                current = again
                compiled = last
            return current.test(value)

        return Check(test, *first.traits())

    def _alternatives(self, owner):
        compiled = owner._compiled
        if len(compiled) != len(owner.validators):
            # Another thread is compiling it.
            raise LookupError
        checks = [self.of(one) for one in compiled]
        return Check(any_test(checks), *traits(checks))

    def _all(self, owner, validate):
        compiled = owner._compiled
        if len(compiled) != len(owner.validators):
            return None
        checks = [self.of(one) for one in compiled]
        for index, one in enumerate(compiled[:-1]):
            after = compiled[index + 1]
            looks = getattr(after, "__code__", None) in self.makers and checks[index + 1].at_value
            if checks[index].returns == OTHER or (checks[index].returns == EQUAL and not looks):
                return None
        if any(check.returns == EQUAL for check in checks[:-2]):
            return None
        tests = [check.test for check in checks]
        unknown = self._unknown(validate).test

        def test(value):
            if owner._compiled is not compiled:
                return unknown(value)
            for one in tests:
                if not one(value):
                    return False
            return True

        return Check(test, *traits(checks))

    def _sequence(self, found):
        kind = found["seq_type"]
        if kind not in (list, tuple):
            return None
        checks = [self.of(one) for one in found["_compiled"]]
        if bool(checks) != bool(found["schema"]):
            return None
        _, returns, calls = traits(checks)
        return Check(list_test(kind, checks), False, OTHER if returns == OTHER else EQUAL, calls)

    def _dict(self, found):
        mapping = Mapping()
        base = found["base_validate"]
        if base.__code__ is not self.mapping_code or not self._fill(mapping, cells(base)):
            return None
        for groups, names in (
            (found["groups_of_exclusion"], mapping.exclusive),
            (found["groups_of_inclusion"], mapping.inclusive),
        ):
            names.extend([marker.schema for marker in group] for group in groups.values())
        return Check(mapping.test(), False, mapping.returns, mapping.calls)

    def _fill(self, mapping, found):
        """Fills in what voluptuous has compiled for the keys, and returns whether all is known."""
        builder = self.builder
        mapping.owner = found["self"]
        mapping.allow, mapping.prevent = builder.ALLOW_EXTRA, builder.PREVENT_EXTRA
        markers = (builder.Required, builder.Optional, builder.Exclusive, builder.Inclusive)
        checks = []
        for name, candidates in found["candidates_by_key"].items():
            ((key, (matches, compiled)),) = candidates
            if isinstance(key, builder.Marker) and type(key) not in markers:
                return False
            if getattr(matches, "__code__", None) not in self.makers:
                return False
            check = self.of(compiled)
            mapping.values[name] = check.test
            checks.append(check)
        for key, (matches, compiled) in found["additional_candidates"]:
            if isinstance(key, builder.Marker) and type(key) is not builder.Optional:
                return False
            key_check, check = self.of(matches), self.of(compiled)
            if not key_check.at_value or key_check.returns != SAME:
                return False
            mapping.wild.append((None if key is builder.Extra else key_check.test, check.test))
            checks += [key_check, check]
        for key in found["all_required_keys"]:
            name = key.schema if isinstance(key, builder.Marker) else key
            if name not in mapping.values:
                return False
            if isinstance(getattr(key, "default", builder.UNDEFINED), builder.Undefined):
                mapping.required.append(name)
        for key in found["all_default_keys"]:
            if not isinstance(key.default, builder.Undefined):
                mapping.defaults.append((key.schema, key.default, mapping.values[key.schema]))
        _, returns, mapping.calls = traits(checks)
        if returns == OTHER or mapping.defaults or mapping.owner.extra == builder.REMOVE_EXTRA:
            mapping.returns = OTHER
        return True
