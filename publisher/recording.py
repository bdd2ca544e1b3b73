"""pitboard's recording: JSON Lines, one `{"t": .., "topic": .., "payload": ..}` a message.

`t` is when the message was received, in Unix seconds; the retained state stands first.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from pitboard.contract.errors import SettingsError

MAX_LINE_BYTES = 1024 * 1024
_FLUSH_S = 1.0


class Line(msgspec.Struct, frozen=True):
    """One recorded message; a `null` payload is a retained value that was cleared."""

    t: float
    topic: str
    payload: msgspec.Raw


_DECODER = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder()
_PROBE = msgspec.json.Decoder()


class RecordingWriter:
    """Writes a recording; what was written survives a crash but for the last second."""

    def __init__(self, path: Path) -> None:
        try:
            self._file: BinaryIO = path.open("xb")
        except FileExistsError as exc:
            raise SettingsError(f"{path}: already exists, choose another file") from exc
        except OSError as exc:
            raise SettingsError(f"{path}: cannot be written: {exc.strerror or exc}") from exc
        self.written = 0
        self.skipped = 0
        self._flushed_s = float("-inf")

    def write(self, t: float, topic: str, payload: bytes) -> bool:
        """Record one message received at Unix time *t*; False when *payload* is not JSON.

        An empty payload, which clears a retained value, is written as `null`.
        """
        try:
            # Decoded in full, because `format` alone accepts what no reader could parse.
            _PROBE.decode(payload or b"null")
            compact = msgspec.json.format(payload or b"null", indent=-1)
            compact.decode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.skipped += 1
            return False
        self._file.write(_ENCODER.encode(Line(t, topic, msgspec.Raw(compact))) + b"\n")
        self.written += 1
        # A clock that was set back flushes too; never flushing again would be the worse mistake.
        if not 0 <= t - self._flushed_s < _FLUSH_S:
            self._file.flush()
            self._flushed_s = t
        return True

    def flush(self) -> None:
        """Bring what was written to the file, also while nothing more comes."""
        self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_line(data: bytes) -> Line:
    """The message of one line. Raises `ValueError` saying what is wrong."""
    if len(data) > MAX_LINE_BYTES:
        raise ValueError(f"longer than {MAX_LINE_BYTES // 1024} KiB")
    try:
        data.decode()
        return _DECODER.decode(data)
    except UnicodeDecodeError as exc:
        raise ValueError("not UTF-8 text") from exc
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise ValueError(str(exc)) from exc


def numbered_lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes, bool]]:
    """Number, offset and bytes of each line that is not blank, and whether its end was written."""
    offset = 0
    for number, raw in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 2), b""), 1):
        data = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if data.strip():
            yield number, offset, data, raw.endswith(b"\n")
        offset += len(raw)
