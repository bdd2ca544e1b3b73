"""The two directions of a client's connection, as amqtt wants them."""

import asyncio
from collections import deque

from amqtt.adapters import (  # type: ignore[import-untyped]
    StreamReaderAdapter,
    StreamWriterAdapter,
)


def abort(writer: asyncio.StreamWriter) -> None:
    """Cut a connection without sending what is queued; a closed one is left alone."""
    # One that was closed with bytes to send forgets its loop when they have left, and asyncio's
    # own abort then raises. uvloop's does not, and has no socket to show then.
    sock = writer.get_extra_info("socket")
    if sock is None or sock.fileno() != -1:
        writer.transport.abort()


class LastWords(asyncio.StreamReader):
    """A stream that gives all that came before the connection broke.

    A client that leaves with our answers unread resets the connection, and asyncio's own reader
    then forgets the DISCONNECT that it holds: a clean goodbye would set off the will.
    """

    def set_exception(self, exc: Exception) -> None:
        """The end of the stream, however it came."""
        if isinstance(exc, OSError):
            self.feed_eof()
        else:
            super().set_exception(exc)


class Reader(StreamReaderAdapter):  # type: ignore[misc]
    """What amqtt reads a client's packets from."""


class Writer(StreamWriterAdapter):  # type: ignore[misc]
    """What amqtt writes a client's packets to."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        super().__init__(writer)
        self._written = 0
        # Up to which byte each answer goes that may not have left.
        self._answers: deque[int] = deque()
        # The bytes that must have left, and since when they wait.
        self._mark = 0
        self._mark_s = float("-inf")

    def is_stuck(self, now_s: float, within_s: float) -> bool:
        """Whether something written more than *within_s* ago has not left; asked regularly."""
        if self._left >= self._mark:
            self._mark, self._mark_s = self._written, now_s
            return False
        return now_s - self._mark_s > within_s

    @property
    def backlog(self) -> int:
        """Bytes that wait for the client to read."""
        return int(self._writer.transport.get_write_buffer_size())

    @property
    def unread_answers(self) -> int:
        """How many answers have not left."""
        left = self._left
        while self._answers and self._answers[0] <= left:
            self._answers.popleft()
        return len(self._answers)

    @property
    def _left(self) -> int:
        return self._written - self.backlog

    def answer(self, data: bytes) -> None:
        """Queue an answer, however much waits before it."""
        self.write(data)
        self._answers.append(self._written)

    def write(self, data: bytes) -> None:
        """Queue one whole packet."""
        # asyncio warns about writing to a lost connection.
        if not self._writer.transport.is_closing():
            self._written += len(data)
            self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the client has read most of what was written."""
        if not self._writer.transport.is_closing():
            await self._writer.drain()

    def abort(self) -> None:
        """Cut the connection without sending what is queued."""
        abort(self._writer)

    async def close(self) -> None:
        """Begin to close; never waits, as a client that reads nothing would hold it for ever."""
        self.is_closed = True
        self._writer.close()
