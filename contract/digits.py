"""Bring the values of a message into the form that the wire allows, field by field.

More digits than a sensor has cost bandwidth and make a steady value flicker, and one impossible
value would make readers reject the whole message.
"""

import math
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.inspect import Field, ListType, Metadata, StructType, Type, UnionType

S = TypeVar("S", bound=Struct)


def rounded(struct: S) -> S:
    """*struct* with every float rounded as its type says; NaN and infinity become `None`."""
    changes = {}
    for name, digits in _digits(type(struct)).items():
        value = getattr(struct, name)
        new = _round(value, digits)
        if new is not value:
            changes[name] = new
    return msgspec.structs.replace(struct, **changes) if changes else struct


def within_range(struct: S) -> S:
    """*struct* with every optional field `None` whose value its type does not allow."""
    if _is_valid(struct):
        return struct
    optional = msgspec.structs.fields(type(struct))
    changes: dict[str, None] = {}
    bare = msgspec.structs.replace(
        struct, **{field.name: None for field in optional if field.default is None}
    )
    for field in optional:
        value = getattr(struct, field.name)
        alone = msgspec.structs.replace(bare, **{field.name: value})
        if field.default is None and not _is_valid(alone):
            changes[field.name] = None
    return msgspec.structs.replace(struct, **changes)


def _is_valid(struct: Struct) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(struct), type=type(struct))
    except msgspec.ValidationError:
        return False
    return True


def _round(value: object, digits: int | None) -> object:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else round(value, digits or None)
    if isinstance(value, Struct):
        return rounded(value)
    if isinstance(value, list):
        return [_round(item, digits) for item in value]
    return value


@cache
def _digits(kind: type[Struct]) -> dict[str, int | None]:
    """The digits of each field that may hold a float; `None` where a nested struct knows them."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, StructType)
    found = {}
    for field in info.fields:
        if _holds_floats(field):
            found[field.name] = _find_digits(field.type)
    return found


def _holds_floats(field: Field) -> bool:
    return any(isinstance(leaf, msgspec.inspect.FloatType) for leaf in _leaves(field.type))


def _leaves(kind: Type) -> list[Any]:
    match kind:
        case Metadata():
            return _leaves(kind.type)
        case UnionType():
            return [leaf for member in kind.types for leaf in _leaves(member)]
        case ListType():
            return _leaves(kind.item_type)
        case StructType():
            return [leaf for field in kind.fields for leaf in _leaves(field.type)]
        case _:
            return [kind]


def _find_digits(kind: Type) -> int | None:
    match kind:
        case Metadata():
            digits = (kind.extra or {}).get("digits")
            return digits if isinstance(digits, int) else _find_digits(kind.type)
        case UnionType():
            return next((d for d in map(_find_digits, kind.types) if d is not None), None)
        case ListType():
            return _find_digits(kind.item_type)
        case _:
            return None
