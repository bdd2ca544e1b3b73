"""Pages that come back as the dashboard does, and note when they were shown what."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pitboard.contract.topics import CHUNK_ROWS
from tests.cluster.team import MONITOR, SESSION
from tests.soak.browsers import Browser, unix_ms
from tests.soak.page import Data, Page, decode

LONGEST_GAP_MS = 1_000
"""Telemetry that comes ten times a second flows if no pause is longer."""

CHANNELS = {"status", "meta", "setup", "telemetry", "lap", "laps/0"}


class Viewer(Browser):
    """One page; times are Unix ms.

    Attributes:
        twice: Messages that came live more than once.
        false_lost: Reports of a loss after which the same connection of the monitor went on.
    """

    def __init__(self, url: str, number: int) -> None:
        super().__init__(url, SESSION, number, Page(MONITOR), self._note_frame)
        self.twice: Counter[tuple[str, int, int]] = Counter()
        self.false_lost = 0
        self._seen: set[tuple[str, int, int]] = set()
        self._lost_birth = -1
        self._frames: list[tuple[int, int]] = []
        self._channels: set[str] = set()

    def healed_ms(self, since_ms: int) -> int | None:
        """How long after *since_ms* telemetry made later flowed without a pause again, if it does.

        Everything else must be there too.
        """
        fresh = [at for at, made in self._frames if made >= since_ms]
        now_ms = unix_ms()
        if not fresh or now_ms - fresh[-1] > LONGEST_GAP_MS:
            return None
        if not self._channels >= CHANNELS or self.page.differs("live", now_ms):
            return None
        pauses = zip([since_ms, *fresh], fresh, strict=False)
        # The first frame ends a pause, however short.
        ends = [end for begin, end in pauses if end - begin > LONGEST_GAP_MS]
        healed_ms = max([fresh[0], *ends])
        return healed_ms - since_ms if now_ms - healed_ms > LONGEST_GAP_MS else None

    def _note_frame(self, _browser: Browser, made_ms: int) -> None:
        self._frames.append((unix_ms(), made_ms))

    def _hear(self, text: str | bytes) -> None:
        frame = decode(text)
        if frame.type == "snapshot":
            # On a new connection all must be there anew.
            self._channels = {value.channel for value in frame.values}
        if frame.data is not None:
            chunk = f"/{data.first // CHUNK_ROWS}" if (data := frame.data).columns else ""
            channel = f"{frame.type.removesuffix('_update')}{chunk}"
            self._channels.add(channel)
            if not frame.retained:
                self._note(channel, data)
        super()._hear(text)

    def _note(self, channel: str, data: Data) -> None:
        mark = channel, data.birth, data.seq
        if mark in self._seen:
            self.twice[mark] += 1
        self._seen.add(mark)
        if channel == "status" and data.state == "lost":
            self._lost_birth = data.birth
        elif channel == "telemetry" and data.birth == self._lost_birth:
            self.false_lost += 1
            self._lost_birth = -1


@asynccontextmanager
async def viewing(url: str, count: int) -> AsyncIterator[list[Viewer]]:
    """Pages at work, which must never fail."""
    viewers = [Viewer(url, number) for number in range(count)]
    tasks = [asyncio.create_task(viewer.run()) for viewer in viewers]
    try:
        yield viewers
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends
