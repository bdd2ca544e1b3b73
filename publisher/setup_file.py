"""Read a setup file: the game's own JSON, or pitboard's plain `{category: {name: value}}`."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from pitboard.contract.errors import SettingsError
from pitboard.contract.messages import MAX_SETUP_VALUES, Setting, SettingWheels, SetupDocument
from pitboard.contract.quantities import MAX_SAFE_INT
from pitboard.publisher.garage_names import CAR_NAMES, CATEGORIES, WHEEL_NAMES
from pitboard.publisher.source import NamedSetup
from pitboard.publisher.sources.text_file import cut, read_text

MAX_SETUP_BYTES = 1024 * 1024

_WHEELS = ("fl", "fr", "rl", "rr")
_WHEEL_ITEM = re.compile(r"WM_(?P<item>.+)-W_(?P<wheel>FL|FR|RL|RR)")
_CATEGORY = re.compile(r"[a-z_]{1,32}")
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,8}")
_NO_VALUE = {"", "n/a"}


def read_setup(path: Path) -> NamedSetup:
    """The setup in the file at *path*, named like the file.

    Raises:
        SettingsError: one line, naming the file and what is wrong.
    """
    return NamedSetup(parse_setup(read_text(path, MAX_SETUP_BYTES), str(path)), cut(path.stem))


def parse_setup(text: str, where: str) -> SetupDocument:
    """The setup that *text* describes; *where* names it in errors."""
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise SettingsError(f"{where}: not JSON: {exc}") from exc
    if not isinstance(data, dict):
        raise SettingsError(f"{where}: expected a JSON object")
    values = _garage_values(data)
    document = _plain(data, where) if values is None else _from_garage(values)
    count = sum(_count(value) for items in document.values() for value in items.values())
    if count == 0:
        raise SettingsError(f"{where}: no setting in it")
    if count > MAX_SETUP_VALUES:
        raise SettingsError(f"{where}: {count} settings, the limit is {MAX_SETUP_VALUES}")
    return document


def _garage_values(data: Mapping[str, object]) -> Mapping[str, object] | None:
    """The game's items, wherever this version of its answer keeps them."""
    for node in (data.get("carSetup"), data):
        if isinstance(node, dict):
            values = node.get("garageValues")
            if isinstance(values, dict):
                return values
    if any(key.startswith(("VM_", "WM_")) for key in data):
        return data
    return None


def _from_garage(values: Mapping[str, object]) -> SetupDocument:
    """By category, in the order of the tables; what nobody can set or read is left out."""
    found: dict[str, dict[str, Setting]] = {category: {} for category in CATEGORIES}
    wheels: dict[tuple[str, str], dict[str, Setting]] = {}
    for key, item in values.items():
        value = _readable(item)
        if value is None:
            continue
        if match := _WHEEL_ITEM.fullmatch(key):
            place = WHEEL_NAMES.get(match["item"], ("other", _name(match["item"])))
            wheels.setdefault(place, {})[match["wheel"].lower()] = value
        else:
            category, name = CAR_NAMES.get(key, ("other", _name(key.removeprefix("VM_"))))
            found[category][name] = value
    for (category, name), corners in wheels.items():
        found[category][name] = _corners(corners)
    order = {
        name: place for place, (_, name) in enumerate([*CAR_NAMES.values(), *WHEEL_NAMES.values()])
    }
    return {
        category: dict(sorted(items.items(), key=lambda item: order.get(item[0], len(order))))
        for category, items in found.items()
        if items
    }


def _readable(item: object) -> Setting:
    """What the garage screen shows, or `None`."""
    if not isinstance(item, dict) or item.get("available") is False:
        return None
    text = item.get("stringValue")
    if not isinstance(text, str):
        return None
    shown = cut(text)
    if shown is None or shown.lower() in _NO_VALUE:
        return None
    return int(shown) if _WHOLE.fullmatch(shown) else shown


def _plain(data: Mapping[str, object], where: str) -> SetupDocument:
    document: SetupDocument = {}
    for key, items in data.items():
        category = key.lower()
        if _CATEGORY.fullmatch(category) is None:
            raise SettingsError(f"{where}: {key[:40]!r} cannot name a category (a-z and _ only)")
        if not isinstance(items, dict):
            raise SettingsError(f"{where}: {key!r} must hold settings: {{name: value}}")
        named = document.setdefault(category, {})
        for name, value in items.items():
            shown = cut(name)
            if shown is None:
                raise SettingsError(f"{where}: a setting in {key!r} has no name")
            named[shown] = _plain_setting(value, f"{where}: {key}.{shown}")
    return {category: named for category, named in document.items() if named}


def _plain_setting(value: object, where: str) -> Setting:
    if not isinstance(value, dict):
        return _scalar(value, where)
    if not value or not set(value) <= set(_WHEELS):
        raise SettingsError(f"{where}: corners are named fl, fr, rl and rr")
    return _corners({wheel: _scalar(corner, where) for wheel, corner in value.items()})


def _scalar(value: object, where: str) -> int | float | bool | str | None:
    if isinstance(value, str):
        return cut(value) or ""
    if isinstance(value, int) and abs(value) > MAX_SAFE_INT:
        raise SettingsError(f"{where}: the number is too large")
    if value is None or isinstance(value, int | float):
        return value
    raise SettingsError(f"{where}: a value is a number, text, true or false")


def _corners(values: Mapping[str, Setting]) -> SettingWheels:
    """A setting of four corners; those without a value stay unknown."""
    return msgspec.convert(dict(values), SettingWheels)


def _name(key: str) -> str:
    """A name for an item that no table knows."""
    return cut(re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")) or "unnamed"


def _count(value: Setting) -> int:
    """As the contract counts."""
    return len(_WHEELS) if isinstance(value, SettingWheels) else 1
