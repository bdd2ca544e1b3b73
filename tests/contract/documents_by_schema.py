"""A hypothesis strategy for the documents that a JSON Schema of ours allows."""

from functools import partial
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]


def documents(schema: Schema) -> st.SearchStrategy[Any]:
    return _values(schema, schema["$defs"])


def _values(schema: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _values(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        return st.one_of(*(_values(option, definitions) for option in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object" if "properties" in schema:
            return _objects(schema, definitions)
        case "object":
            return _dictionaries(schema, definitions)
        case "array":
            values = _values(schema["items"], definitions)
            most = min(schema.get("maxItems", 3), schema.get("minItems", 0) + 3)
            return st.lists(values, min_size=schema.get("minItems", 0), max_size=most)
        case simple:
            return _SIMPLE[simple](schema)


def _objects(schema: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    fields = {name: _values(part, definitions) for name, part in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema.get("required", [])}
    return st.fixed_dictionaries(required, optional=fields)


def _dictionaries(schema: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    keys = _texts(schema["propertyNames"])
    values = _values(schema["additionalProperties"], definitions)
    return st.dictionaries(keys, values, max_size=3)


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    step = schema.get("multipleOf", 1)
    low, high = schema.get("minimum", -(2**53)), schema.get("maximum", 2**53)
    return st.integers(-(-low // step), high // step).map(lambda number: number * step)


def _numbers(schema: Schema) -> st.SearchStrategy[float]:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    return st.floats(
        low,
        schema.get("maximum"),
        exclude_min="exclusiveMinimum" in schema,
        allow_nan=False,
        allow_infinity=False,
    )


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    longest = schema.get("maxLength")
    if longest is None and "pattern" in schema:
        # `$` is the end of the text in JSON Schema; in Python it is `\Z`.
        return st.from_regex(schema["pattern"].removesuffix("$") + r"\Z")
    alphabet = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    return st.text(alphabet, max_size=longest)


_SIMPLE: dict[str, partial[st.SearchStrategy[Any]]] = {
    "integer": partial(_integers),
    "number": partial(_numbers),
    "string": partial(_texts),
    "boolean": partial(lambda _schema: st.booleans()),
    "null": partial(lambda _schema: st.none()),
}
