"""`pitboard record`: a session's messages into a file, for as long as it runs."""

import logging
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pitboard.contract.backoff import Backoff
from pitboard.contract.errors import SettingsError
from pitboard.contract.topics import session_filter
from pitboard.follow import FollowEvent, follow
from pitboard.options import BrokerAccess
from pitboard.publisher.events import Received, Subscribed
from pitboard.publisher.recording import RecordingWriter
from pitboard.tape import Entry, Tape
from pitboard.words import clock_span, counted

log = logging.getLogger(__name__)

FLUSH_S = 0.5
PROGRESS_S = 1.0
TICK_S = 0.1


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording came to."""

    messages: int
    skipped: int
    duration_s: float


def record(
    access: BrokerAccess,
    session_id: str,
    output: Path,
    *,
    stop: threading.Event,
    backoff: Backoff | None = None,
    progress: TextIO | None = None,
) -> Recorded:
    """Write the session to *output* as JSON Lines until *stop*, through outages of the broker.

    *progress* gets a line that is written over once a second; it is stderr if that is a terminal.

    Raises:
        SettingsError: *output* exists or cannot be written.
        LinkLost: No broker answers at first.
    """
    if output.exists():
        raise SettingsError(f"{output} exists already: choose another file with -o")
    if progress is None and sys.stderr.isatty():
        progress = sys.stderr
    recorder = _Recorder(output, session_id, progress)
    events = follow(
        access,
        [session_filter(session_id)],
        command="record",
        stop=stop,
        tick_s=TICK_S,
        backoff=backoff,
    )
    try:
        with closing(recorder), closing(events):
            for event in events:
                recorder.handle(event)
    except OSError as exc:
        raise SettingsError(f"cannot write {output}: {exc.strerror or exc}") from exc
    return recorder.recorded


class _Recorder:
    def __init__(self, output: Path, session_id: str, progress: TextIO | None) -> None:
        self._output = output
        self._session_id = session_id
        self._progress = progress
        self._tape = Tape()
        self._writer: RecordingWriter | None = None
        self._start_s = time.monotonic()
        self._start_unix_s = time.time()
        self._flushed_s = 0.0
        self._shown_s = 0.0

    @property
    def recorded(self) -> Recorded:
        """The count so far."""
        written = self._writer.written if self._writer else 0
        skipped = sum(self._tape.skipped.values()) + (self._writer.skipped if self._writer else 0)
        return Recorded(written, skipped, time.monotonic() - self._start_s)

    def handle(self, event: FollowEvent) -> None:
        """One event; nothing is made on disk before a broker has answered."""
        now_s = time.monotonic()
        if isinstance(event, Subscribed):
            if self._writer is None:
                self._writer = RecordingWriter(self._output)
                log.info("recording session=%s file=%s", self._session_id, self._output)
            self._tape.subscribed(now_s)
        if isinstance(event, Received):
            self._write(self._tape.take(event, now_s))
        else:
            self._write(self._tape.tick(now_s))
        self._flush(now_s)
        self._show(now_s)

    def close(self) -> None:
        """Finish the file and say what is in it."""
        if self._progress is not None and self._shown_s:
            self._progress.write("\n")
        if self._writer is None:
            return
        try:
            self._write(self._tape.finish())
        finally:
            self._writer.close()
        done = self.recorded
        log.info(
            "recorded file=%s messages=%d skipped=%d duration=%s",
            self._output,
            done.messages,
            done.skipped,
            clock_span(done.duration_s),
        )

    def _write(self, entries: list[Entry]) -> None:
        # Counted from the begin, so that a clock that is set does not turn the order around.
        t = self._start_unix_s + time.monotonic() - self._start_s
        for entry in entries:
            if self._writer is not None:
                self._writer.write(round(t, 3), entry.topic, entry.payload)

    def _flush(self, now_s: float) -> None:
        if self._writer is not None and now_s - self._flushed_s >= FLUSH_S:
            self._writer.flush()
            self._flushed_s = now_s

    def _show(self, now_s: float) -> None:
        if self._progress is None or now_s - self._shown_s < PROGRESS_S:
            return
        self._shown_s = now_s
        done = self.recorded
        skipped = f", {done.skipped} skipped" if done.skipped else ""
        span = clock_span(done.duration_s)
        text = f"{self._session_id}: {counted(done.messages, 'message')}{skipped}, {span}"
        self._progress.write(f"\r{text}\x1b[K")
        self._progress.flush()
