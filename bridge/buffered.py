"""A socket whose reader may take a byte at a time."""

import socket
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# The interpreter's lock may come back only after 5 ms, so a turn must bring enough.
READ_BYTES = 256 * 1024


class BufferedSocket(socket.socket):
    """Reads as much as has come, and hands it out in the pieces that are asked for.

    paho takes the first bytes of each packet one by one; every such call would be one into the
    kernel, around which the interpreter's lock changes hands.
    """

    def __init__(self, sock: socket.socket) -> None:
        """Take over *sock*, which is of no use afterwards."""
        timeout = sock.gettimeout()
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self.settimeout(timeout)
        self._read = b""
        self._at = 0

    def pending(self) -> int:
        """How many bytes can be had though the kernel may have none, as with `ssl.SSLSocket`."""
        return len(self._read) - self._at

    def take(self, read: Callable[[bytes, int], tuple[list[T], int]]) -> list[T] | None:
        """What *read* finds at the head of what has come; the rest stays for `recv`.

        `None` at the end of the stream, which `recv` meets again.
        """
        if self._at == len(self._read):
            try:
                self._read, self._at = super().recv(READ_BYTES), 0
            except BlockingIOError:
                return []
            except OSError:
                return None
            if not self._read:
                return None
        found, self._at = read(self._read, self._at)
        return found

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """At most *bufsize* bytes; empty at the end of the stream."""
        if self._at == len(self._read):
            self._read = super().recv(max(bufsize, READ_BYTES), flags)
            self._at = 0
        begin, self._at = self._at, min(self._at + bufsize, len(self._read))
        return self._read[begin : self._at]
