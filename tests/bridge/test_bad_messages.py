"""Payloads that no browser may see: dropped, counted and said once, while all else goes on."""

import codecs
import gzip
import json
import time
from collections.abc import AsyncIterator, Callable

import pytest

from pitboard.bridge.checker import Checker
from tests.bridge.stage import MARK, Stage, staged
from tests.bridge.support import OTHER_SESSION, Frame, document, topic
from tests.brokers import Mosquitto, has_mosquitto

pytestmark = pytest.mark.anyio

Spoil = Callable[[Frame], bytes]
"""Makes a payload of the good message that would come next."""


def dumped(good: Frame, **fields: object) -> bytes:
    return json.dumps(good | fields).encode()


def having(**fields: object) -> Spoil:
    return lambda good: dumped(good, **fields)


def driving(**telemetry: object) -> Spoil:
    return having(telemetry={"lap": 1, "fuel": 42.5, "position": 1} | telemetry)


def fuelled(digits: bytes) -> Spoil:
    return lambda good: driving()(good).replace(b"42.5", digits)


def lacking(name: str) -> Spoil:
    return lambda good: dumped({key: value for key, value in good.items() if key != name})


def spoilt(spoil: Callable[[bytes], bytes]) -> Spoil:
    return lambda good: spoil(dumped(good))


def exactly(body: bytes) -> Spoil:
    return lambda _: body


def nested(levels: int) -> Spoil:
    return exactly(b"[" * levels + b'"%s"' % MARK.encode() + b"]" * levels)


def padded(size: int) -> Spoil:
    return lambda good: dumped(good, pad="x" * (size - len(dumped(good, pad=""))))


def crowded(good: Frame) -> bytes:
    return dumped(good | {f"k{number}": 0 for number in range(200_000)})


REFUSED = [
    pytest.param("status", exactly(MARK.encode()), "malformed", id="39-not-json"),
    pytest.param("status", spoilt(lambda body: b"[%s]" % body), "invalid", id="40-array"),
    pytest.param("status", exactly(b'"%s"' % MARK.encode()), "invalid", id="40-string"),
    pytest.param("status", exactly(b"null"), "invalid", id="40-null"),
    pytest.param("status", spoilt(lambda body: body[:-2]), "malformed", id="41-truncated"),
    pytest.param("status", spoilt(lambda body: body + b" x"), "malformed", id="42-trailing-text"),
    pytest.param("telemetry", fuelled(b"NaN"), "malformed", id="43-nan"),
    pytest.param("telemetry", fuelled(b"Infinity"), "malformed", id="44-infinity"),
    pytest.param("telemetry", fuelled(b"-Infinity"), "malformed", id="44-negative-infinity"),
    pytest.param("telemetry", fuelled(b"1e400"), "invalid", id="45-1e400"),
    pytest.param("telemetry", fuelled(b"9" * 4000), "invalid", id="46-4000-digits"),
    pytest.param("telemetry", driving(lap=2**63), "invalid", id="47-lap-of-2-to-63"),
    pytest.param("status", having(seq=2**63), "invalid", id="47-seq-of-2-to-63"),
    pytest.param("setup", nested(100_000), "malformed", id="48-nesting-100000"),
    pytest.param("telemetry", nested(100_000), "too_large", id="48-nesting-above-the-limit"),
    pytest.param("setup", nested(900), "malformed", id="49-nesting-900"),
    pytest.param(
        "status",
        spoilt(lambda body: body[:-1] + b',"state":"x"}'),
        "invalid",
        id="50-second-of-two-keys-is-bad",
    ),
    pytest.param(
        "status", spoilt(lambda body: body.replace(b"online", b"\xff")), "malformed", id="51-utf-8"
    ),
    pytest.param("status", having(driver="\ud800"), "malformed", id="52-lone-surrogate"),
    pytest.param(
        "status", spoilt(lambda body: body.decode().encode("utf-16")), "malformed", id="53-utf-16"
    ),
    pytest.param("status", spoilt(codecs.BOM_UTF8.__add__), "malformed", id="54-byte-order-mark"),
    pytest.param("status", having(driver="A\0B"), "invalid", id="55-nul-in-name"),
    pytest.param("status", spoilt(gzip.compress), "malformed", id="56-gzip"),
    pytest.param("status", padded(65_537), "too_large", id="57-one-byte-too-many"),
    pytest.param("setup", padded(1_000_000), "too_large", id="57-1-mb"),
    pytest.param("setup", crowded, "too_large", id="58-200000-keys"),
    pytest.param("status", having(in_control=1), "invalid", id="60-number-for-boolean"),
    pytest.param("telemetry", driving(fuel=True), "invalid", id="60-boolean-for-number"),
    pytest.param("telemetry", driving(lap=-1), "invalid", id="61-lap-negative"),
    pytest.param("telemetry", driving(lap=10**6), "invalid", id="61-lap-of-a-million"),
    pytest.param("setup", having(session_id=OTHER_SESSION), "identity", id="66-other-session"),
    pytest.param("setup", having(monitor_id="pc-9"), "identity", id="66-other-monitor"),
    pytest.param("status", having(driver="Z\u0351" * 5_000), "invalid", id="69-zalgo"),
    pytest.param("status", having(driver="\U0001f3c1" * 5_000), "invalid", id="69-emoji"),
]

# Of all frames, those that a bad message may not keep from coming.
HARMLESS = {"snapshot", "active", "heartbeat", "telemetry_update"}

HANDFUL = [
    case
    for case in REFUSED
    if case.id
    in ("39-not-json", "43-nan", "48-nesting-100000", "51-utf-8", "66-other-session", "69-emoji")
]


@pytest.fixture(scope="module")
async def mosquitto_stage() -> AsyncIterator[Stage]:
    if not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    async with Mosquitto() as broker, staged(broker) as stage:
        yield stage


async def check_refused(stage: Stage, name: str, spoil: Spoil, kind: str, said: str) -> None:
    async with stage.audience() as audience:
        good = await audience.see(name, 1)
        before, since = await stage.rejected(), len(stage.lines.all)
        body = spoil(document(name, 2, session=audience.session_id, note=MARK))
        for attempt in range(3):
            await stage.send(audience.session_id, name, body + b" " * attempt)

        await audience.see_fresh_data()
        assert await audience.values() == {name: good}
        assert await stage.rejected() - before == {(kind, name): 3}

    assert audience.updates(name) == [1]
    assert MARK not in str(audience.sent)
    assert {frame["type"] for frame in audience.sent} <= HARMLESS | {f"{name}_update"}
    assert stage.lines.of(f"[Server] {said}")
    assert len(stage.lines.of("[Server] ERROR", since)) <= 1


@pytest.mark.parametrize(("name", "spoil", "kind"), REFUSED)
async def test_bad_payload_is_dropped_and_harms_nobody(
    name: str, spoil: Spoil, kind: str, stage: Stage
) -> None:
    await check_refused(stage, name, spoil, kind, f"ERROR handling {name}: {kind}: ")


@pytest.mark.parametrize(("name", "spoil", "kind"), HANDFUL)
async def test_bad_payload_through_mosquitto_is_dropped_and_harms_nobody(
    name: str, spoil: Spoil, kind: str, mosquitto_stage: Stage
) -> None:
    await check_refused(mosquitto_stage, name, spoil, kind, f"ERROR handling {name}: {kind}: ")


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        pytest.param("setup", lacking("session_id"), "Missing session_id in setup", id="setup"),
        pytest.param("status", lacking("state"), "Missing state in status", id="status"),
    ],
)
async def test_missing_field_is_named_in_the_log(
    name: str, spoil: Spoil, said: str, stage: Stage
) -> None:
    await check_refused(stage, name, spoil, "invalid", f"ERROR: {said}")


@pytest.mark.parametrize("levels", [pytest.param(100_000, id="48-nesting-100000")])
def test_depth_is_found_within_5_ms(levels: int) -> None:
    """Whoever may publish must not be able to keep the bridge busy."""
    where = str(topic("setup"))
    body = nested(levels)({})
    took_s = []
    for _ in range(5):
        started = time.process_time()
        assert Checker(is_silent=True).check(where, body, 0.0) is None
        took_s.append(time.process_time() - started)

    assert min(took_s) < 0.005
