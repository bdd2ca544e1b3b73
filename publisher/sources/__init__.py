"""The sources a monitor can read from, by the word that names them."""

from difflib import get_close_matches
from pathlib import Path

from pitboard.contract.errors import SettingsError
from pitboard.publisher.source import Source
from pitboard.publisher.sources.recorded_lap import RecordedLapSource
from pitboard.publisher.sources.recorded_session import RecordedSession
from pitboard.publisher.sources.simulated import DEFAULT_HZ, Simulated
from pitboard.publisher.sources.text_file import unreadable

__all__ = ["RecordedLapSource", "RecordedSession", "Simulated", "open_source"]

_KNOWN = ("simulated", "replay")


def open_source(spec: str, *, seed: int, sample_hz: float | None = None) -> Source:
    """The source that *spec* names: ``simulated`` or ``replay:FILE``.

    Args:
        spec: As a person typed it.
        seed: Decides everything about a simulated car.
        sample_hz: The rate of a simulated car, and the most that is kept of a replayed one;
            `None` is the source's own.

    Raises:
        SettingsError: one line that says what to change.
    """
    if sample_hz is not None and not 0 < sample_hz < float("inf"):
        raise SettingsError(f"sample rate {sample_hz:g} Hz is not above 0")
    name, colon, argument = spec.partition(":")
    match name, colon:
        case "simulated", "":
            return Simulated(seed, DEFAULT_HZ if sample_hz is None else sample_hz)
        case "replay", ":" if argument:
            return _open_replay(Path(argument), sample_hz)
        case "replay", _:
            raise SettingsError("source 'replay' needs a file: replay:FILE")
        case "simulated", _:
            raise SettingsError("source 'simulated' takes no file")
    near = get_close_matches(name.lower(), _KNOWN, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    raise SettingsError(f"unknown source {name[:40]!r}: {hint}known are simulated and replay:FILE")


def _open_replay(path: Path, sample_hz: float | None) -> Source:
    """By content: a recording's lines are JSON objects, a recorded lap's are not."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as exc:
        raise unreadable(path, exc) from exc
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return RecordedSession(path, sample_hz)
    return RecordedLapSource(path, sample_hz)
