"""What the types say of each field: its type in words, unit, range and digits."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Struct
from msgspec.inspect import (
    BoolType,
    DictType,
    Field,
    FloatType,
    IntType,
    ListType,
    LiteralType,
    Metadata,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
)

from pitboard.contract.codec import REQUIRED_TELEMETRY
from pitboard.contract.meanings import meaning
from pitboard.contract.quantities import MAX_SAFE_INT, Wheels
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.times import TIME_PATTERN
from pitboard.contract.topics import ID_PATTERN


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field of a message or frame, in words; what does not apply is empty."""

    name: str
    type: str
    unit: str
    range: str
    digits: str
    meaning: str
    is_required: bool


def field_facts(kind: type[Struct]) -> list[FieldFacts]:
    """The fields of *kind* in their order on the wire."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, StructType)
    return [_facts(kind, field) for field in info.fields]


def _facts(kind: type[Struct], field: Field) -> FieldFacts:
    always = kind is Telemetry and field.name in REQUIRED_TELEMETRY
    extras = list(_metadata(field.type))
    return FieldFacts(
        name=field.encode_name,
        type=_type_words(field.type),
        unit=_first(extras, "unit"),
        range=_range_words(field.type),
        digits=_first(extras, "digits"),
        meaning=meaning(kind, field.encode_name) or "",
        is_required=always or field.required,
    )


def _first(extras: list[dict[str, object]], key: str) -> str:
    return next((str(extra[key]) for extra in extras if key in extra), "")


def _metadata(kind: Type) -> Iterator[dict[str, object]]:
    """The metadata of *kind* and of what it holds; a wheel object has the unit of its wheels."""
    match kind:
        case Metadata():
            yield {**(kind.extra_json_schema or {}), **(kind.extra or {})}
            yield from _metadata(kind.type)
        case UnionType():
            for member in kind.types:
                yield from _metadata(member)
        case ListType():
            yield from _metadata(kind.item_type)
        case StructType() if issubclass(kind.cls, Wheels):
            for field in kind.fields:
                yield from _metadata(field.type)
        case _:
            return


def _bare(kind: Type) -> list[Type]:
    """What a value may be, other than null."""
    match kind:
        case Metadata():
            return _bare(kind.type)
        case UnionType():
            return [bare for member in kind.types for bare in _bare(member)]
        case NoneType():
            return []
        case _:
            return [kind]


def _type_words(kind: Type) -> str:
    words = [_type_word(bare) for bare in _bare(kind)]
    return " or ".join(dict.fromkeys(words)) or "any"


def _type_word(kind: Type) -> str:
    match kind:
        case IntType():
            return "integer"
        case FloatType():
            return "number"
        case BoolType():
            return "boolean"
        case StrType():
            return _text_word(kind)
        case LiteralType():
            return ", ".join(f"`{value}`" for value in kind.values)
        case ListType():
            return f"list of {_type_words(kind.item_type)}"
        case StructType() if issubclass(kind.cls, Wheels):
            return f"wheels of {_type_words(kind.fields[0].type)}"
        case StructType() | DictType():
            return "object"
        case _:
            return "message"


def _text_word(kind: StrType) -> str:
    if kind.pattern == TIME_PATTERN:
        return "time"
    if kind.pattern is not None and ID_PATTERN in kind.pattern:
        return "id"
    return "text" if kind.max_length or kind.pattern is None else "word"


def _range_words(kind: Type) -> str:
    parts = dict.fromkeys(part for bare in _bare(kind) if (part := _range_word(bare)))
    return ", ".join(parts)


def _range_word(kind: Type) -> str:
    match kind:
        case IntType() | FloatType():
            return _number_range(kind)
        case StrType(max_length=int() as longest):
            return f"at most {longest} characters"
        case ListType():
            inner = _range_words(kind.item_type)
            return ", ".join(filter(None, [inner, _length_words(kind)]))
        case StructType() if issubclass(kind.cls, Wheels):
            return _range_words(kind.fields[0].type)
        case DictType(max_length=int() as most):
            return f"at most {most} entries"
        case _:
            return ""


def _length_words(kind: ListType) -> str:
    if kind.max_length is None:
        return ""
    if kind.min_length == kind.max_length:
        return f"exactly {kind.max_length} items"
    return f"at most {kind.max_length} items"


def _number_range(kind: IntType | FloatType) -> str:
    if kind.ge is not None and kind.le == MAX_SAFE_INT:
        return f"from {kind.ge}"
    if kind.gt is not None:
        return f"above {kind.gt}, to {kind.le}"
    return "" if kind.ge is None else f"{kind.ge} to {kind.le}".replace(".0", "")
