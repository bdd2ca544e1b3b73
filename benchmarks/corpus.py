"""Telemetry messages of the simulated car, as a monitor publishes them, for the load generator."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec import structs

from pitboard.contract import codec
from pitboard.contract.digits import rounded
from pitboard.contract.messages import TelemetryMessage
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.topics import Channel, Topic
from pitboard.publisher.sources.simulated import Simulated

MONITOR = "pc-1"
BEGIN_S = 1_781_376_001
SEED = 1

# Without these a message has 0.9 kB, as with most games. All that the simulated car has would
# make 1.8 kB, of which most never changes: easier to compress, dearer to copy.
_LEFT_OUT = (
    "tire_tread_temps", "tire_carcass_temps", "tire_compounds", "tire_flat", "brake_wear",
    "suspension_damage", "aero_damage", "tc_cut", "tc_slip", "tc_active", "abs_active",
    "speed_limiter", "headlights", "incidents", "gap_behind_laps", "traffic_ahead",
    "traffic_behind", "time_elapsed", "time_of_day", "wind_speed", "wind_direction", "clutch",
    "tire_sets_remaining", "brake_temps", "gap_ahead_laps", "wetness", "track_limits",
)  # fmt: skip

# Replaced in place by the load generator, so as long as what replaces them.
FIRST_SEQ = 1_000_000_000
_STAMP = b'"t_ns":1000000000000000000,'


def session_id(number: int) -> str:
    """The session that the load generator calls *number*."""
    return f"bench-{number:03}"


def topic(number: int, channel: Channel = Channel.TELEMETRY) -> Topic:
    """Where a channel of session *number* is published."""
    return Topic(session_id(number), MONITOR, channel)


def messages(count: int, rate_hz: float) -> list[bytes]:
    """The first *count* telemetry messages of a drive, at *rate_hz*."""
    samples = Simulated(SEED, rate_hz).samples(count / rate_hz)
    return [
        codec.encode(
            Channel.TELEMETRY,
            TelemetryMessage(
                v=1,
                session_id=session_id(0),
                monitor_id=MONITOR,
                birth=BEGIN_S,
                seq=FIRST_SEQ + number,
                timestamp=_timestamp(BEGIN_S + sample.time_s),
                telemetry=_usual(sample.telemetry),
            ),
        )
        for number, sample in enumerate(samples)
    ]


def write(path: Path, *, rate_hz: float, count: int = 600, is_stamped: bool = True) -> int:
    """Write messages line by line; their mean size in bytes.

    A stamp tells the age of a message when it arrives, and is noise that does not compress.
    """
    lines = messages(count, rate_hz)
    if is_stamped:
        lines = [line.replace(b'"telemetry":', _STAMP + b'"telemetry":', 1) for line in lines]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return sum(map(len, lines)) // len(lines)


def _usual(telemetry: Telemetry) -> Telemetry:
    return structs.replace(rounded(telemetry), **dict.fromkeys(_LEFT_OUT))


def _timestamp(unix_s: float) -> str:
    text = datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
