"""The setup file: the game's own answer or a plain document, as a person reads it."""

import json
from pathlib import Path
from typing import Any

import pytest

from pitboard.contract.codec import decode, encode
from pitboard.contract.errors import SettingsError
from pitboard.contract.messages import SettingWheels, SetupDocument, SetupMessage
from pitboard.contract.topics import Channel, Topic
from pitboard.publisher.setup_file import MAX_SETUP_BYTES, parse_setup, read_setup
from tests.shared import SETUP

REAL = SETUP
STAMP = "2026-06-13T18:42:07.512Z"


def garage(**items: Any) -> SetupDocument:
    values = {
        key: item if isinstance(item, dict | bool) else {"stringValue": item, "available": True}
        for key, item in items.items()
    }
    return parse_setup(json.dumps({"carSetup": {"garageValues": values}}), "setup.json")


def plain(document: object) -> SetupDocument:
    return parse_setup(json.dumps(document), "setup.json")


def check(document: SetupDocument) -> None:
    message = SetupMessage(
        v=1,
        session_id="a",
        monitor_id="b",
        birth=1,
        seq=1,
        timestamp=STAMP,
        revision=1,
        captured_at=STAMP,
        setup=document,
    )
    decode(Topic("a", "b", Channel.SETUP), encode(Channel.SETUP, message))


def test_setup_groups_items_for_people() -> None:
    document = garage(
        VM_BRAKE_BALANCE="55.0:45.0", VM_TRACTIONCONTROLMAP="6", VM_REAR_WING="P13", VM_GEAR_1="2.7"
    )

    assert document == {
        "aerodynamics": {"rear_wing": "P13"},
        "brakes": {"brake_bias": "55.0:45.0"},
        "drivetrain": {"gear_1": "2.7"},
        "electronics": {"tc": 6},
    }


def test_setup_joins_the_corners() -> None:
    items = {f"WM_PRESSURE-W_{wheel}": f"13{n} kPa" for n, wheel in enumerate(("FL", "FR", "RL"))}

    document = garage(**items, **{"WM_PRESSURE-W_RR": "N/A"})

    assert document == {
        "tires": {"pressure": SettingWheels(fl="130 kPa", fr="131 kPa", rl="132 kPa")}
    }


def test_setup_leaves_out_what_says_nothing() -> None:
    document = garage(
        VM_ENGINE_BOOST="N/A",
        VM_NUM_PITSTOPS="",
        VM_GEAR_8={"stringValue": "1.0", "available": False},
        VM_REGEN_LEVEL={"stringValue": None},
        VM_LEFT_CASTER="Non-adjustable",
        VM_REAR_3RD_TENDERSPRING="Detached",
        gearGraph=True,
    )

    assert document == {
        "suspension": {
            "left_caster": "Non-adjustable",
            "rear_third_tender_spring": "Detached",
        }
    }


def test_setup_keeps_items_it_does_not_know_under_other() -> None:
    document = garage(**{"VM_FLUX CAPACITOR": "On", "WM_GLOW-W_FL": "red", "neon": "blue"})

    assert document == {
        "other": {"flux_capacitor": "On", "neon": "blue", "glow": SettingWheels(fl="red")}
    }


def test_setup_cuts_text_and_strips_nul() -> None:
    document = garage(VM_REAR_WING="\0P" + "1" * 100)

    assert document == {"aerodynamics": {"rear_wing": "P" + "1" * 63}}
    check(document)


@pytest.mark.parametrize("wrap", ["carSetup", "garageValues", None])
def test_setup_is_found_wherever_the_game_puts_it(wrap: str | None) -> None:
    values: dict[str, Any] = {"VM_REAR_WING": {"stringValue": "P1", "available": True}}
    data = {"carSetup": {"garageValues": values}} if wrap == "carSetup" else values
    data = {"garageValues": values} if wrap == "garageValues" else data

    assert plain(data) == {"aerodynamics": {"rear_wing": "P1"}}


def test_setup_accepts_the_plain_form() -> None:
    document = plain(
        {
            "Brakes": {"brake_bias": 54.2, "pads": 1, "locked": False, "note": "soft\0 pedal"},
            "tires": {"pressure": {"fl": "135 kPa", "rr": None}},
            "fuel": {},
        }
    )

    assert document == {
        "brakes": {"brake_bias": 54.2, "pads": 1, "locked": False, "note": "soft pedal"},
        "tires": {"pressure": SettingWheels(fl="135 kPa")},
    }
    check(document)


def test_setup_of_a_windows_editor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "spa_race.json"
    path.write_bytes(b'\xef\xbb\xbf{\r\n"brakes": {"pads": 1}\r\n}\r\n')

    setup = read_setup(path)

    assert setup.document == {"brakes": {"pads": 1}}
    assert setup.name == "spa_race"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"{", "not JSON", id="cut"),
        pytest.param(b"hello", "not JSON", id="text"),
        pytest.param(b'{"a": NaN}', "not JSON", id="nan"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep"),
        pytest.param(b"[]", "expected a JSON object", id="list"),
        pytest.param(b"{}", "no setting in it", id="no-setting"),
        pytest.param(b'{"carSetup": {"garageValues": {}}}', "no setting in it", id="no-item"),
        pytest.param(b'{"br akes": {"a": 1}}', "'br akes' cannot name a category", id="category"),
        pytest.param(b'{"brakes": 3}', "'brakes' must hold settings", id="no-values"),
        pytest.param(b'{"brakes": {"": 3}}', "has no name", id="no-name"),
        pytest.param(b'{"brakes": {"a": [1]}}', "brakes.a: a value is", id="list-value"),
        pytest.param(b'{"brakes": {"a": {"FL": 1}}}', "brakes.a: corners are", id="corner"),
        pytest.param(b'{"brakes": {"a": {"fl": {}}}}', "brakes.a: a value is", id="corner-value"),
        pytest.param(b'{"brakes": {"a": 1%s}}' % (b"0" * 30), "too large", id="large"),
        pytest.param(b'{"a": "\xff"}', "line 1: not UTF-8", id="not-utf8"),
        pytest.param(b" " * (MAX_SETUP_BYTES + 1), "larger than 1024 KiB", id="too-big"),
        pytest.param(
            json.dumps({"other": {f"s{n}": n for n in range(401)}}).encode(),
            "401 settings, the limit is 400",
            id="too-many",
        ),
    ],
)
def test_setup_that_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, data: bytes, said: str
) -> None:
    path = tmp_path / "setup.json"
    path.write_bytes(data)

    with pytest.raises(SettingsError) as caught:
        read_setup(path)

    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_setup_that_is_missing_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_setup(tmp_path / "nothing.json")


def test_real_setup_is_readable() -> None:
    if not REAL.exists():
        pytest.skip(f"recorded data is not here: {REAL}")

    document = read_setup(REAL).document

    check(document)
    assert document["brakes"]["brake_bias"] == "55.0:45.0"
    assert document["electronics"]["tc"] == 6
    assert document["suspension"]["camber"] == SettingWheels(
        fl="-2.5 deg", fr="-2.5 deg", rl="-1.5 deg", rr="-1.5 deg"
    )
    assert "abs" not in document["electronics"]  # N/A in this car
    assert set(document["other"]) == {
        "steering_lock",
        "weight_distribution",
        "weight_lateral",
        "weight_vertical",
    }
    assert next(iter(document)) == "aerodynamics"
