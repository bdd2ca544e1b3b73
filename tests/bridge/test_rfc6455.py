"""What RFC 6455 asks of a server: the bridge changes uvicorn's protocol and must still do it.

The cases are those of the usual conformance suites: control frames, reserved bits and opcodes,
pieces, UTF-8, closing.
"""

import asyncio

import pytest
from websockets.frames import CloseCode, Opcode

from pitboard.bridge.server import BridgeServer
from tests.brokers import TIMEOUT_S

pytestmark = pytest.mark.anyio

TEXT = b'{"type":"ping","t":1}'
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

SLOW_BYTES = 150

Answer = tuple[Opcode, bytes]
"""A control frame; of a close frame its code alone."""


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """Masked, and as wrong as it is asked for."""
    size = len(payload)
    head = bytes((fin << 7 | rsv << 4 | opcode,))
    if size < 126:
        head += bytes((0x80 | size,))
    else:
        head += b"\xfe" + size.to_bytes(2, "big")
    # A mask of zeros leaves the payload as it is.
    return head + bytes(4) + payload


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason)


PING = frame(Opcode.PING, b"end")
"""Behind a case that does not end the connection; its answer tells that all before was read."""

PONG: Answer = (Opcode.PONG, b"end")


def closed(code: int) -> list[Answer]:
    return [(Opcode.CLOSE, code.to_bytes(2, "big"))]


BROKEN = closed(CloseCode.PROTOCOL_ERROR)
NOT_TEXT = closed(CloseCode.INVALID_DATA)

CASES: dict[str, tuple[bytes, list[Answer]]] = {
    "ping without payload": (frame(Opcode.PING), [(Opcode.PONG, b"")]),
    "ping of 125 bytes": (frame(Opcode.PING, b"p" * 125), [(Opcode.PONG, b"p" * 125)]),
    "ping of 126 bytes": (frame(Opcode.PING, b"p" * 126), BROKEN),
    "ping of bytes that are no text": (
        frame(Opcode.PING, b"\0\xff\xfe"),
        [(Opcode.PONG, b"\0\xff\xfe")],
    ),
    "ten pings": (frame(Opcode.PING, b"p") * 10, [(Opcode.PONG, b"p")] * 10),
    "pong that nobody asked for": (frame(Opcode.PONG, b"p") + PING, [PONG]),
    "reserved bit 1": (frame(Opcode.TEXT, TEXT, rsv=4), BROKEN),
    "reserved bit 2": (frame(Opcode.TEXT, TEXT, rsv=2), BROKEN),
    "reserved bit 3": (frame(Opcode.PING, rsv=1), BROKEN),
    **{f"opcode {opcode}": (frame(opcode), BROKEN) for opcode in (3, 7, 11, 15)},
    "frame without a mask": (b"\x81\x02{}", BROKEN),
    "ping in pieces": (frame(Opcode.PING, b"p", fin=False), BROKEN),
    "text in pieces": (
        frame(Opcode.TEXT, TEXT[:5], fin=False) + frame(Opcode.CONT, TEXT[5:]) + PING,
        [PONG],
    ),
    "ping between pieces": (
        frame(Opcode.TEXT, TEXT[:5], fin=False)
        + frame(Opcode.PING, b"p")
        + frame(Opcode.CONT, TEXT[5:])
        + PING,
        [(Opcode.PONG, b"p"), PONG],
    ),
    "piece without a beginning": (frame(Opcode.CONT, TEXT), BROKEN),
    "text within pieces": (
        frame(Opcode.TEXT, TEXT[:5], fin=False) + frame(Opcode.TEXT, TEXT),
        BROKEN,
    ),
    "text that is not UTF-8": (frame(Opcode.TEXT, b"\xce\xba\xed\xa0\x80"), NOT_TEXT),
    "text that ends within a character": (frame(Opcode.TEXT, b"{}\xf0\x9f"), NOT_TEXT),
    "character in two pieces": (
        frame(Opcode.TEXT, b'{"type":"ping","t":1,"x":"\xf0\x9f', fin=False)
        + frame(Opcode.CONT, b'\x8f\x81"}')
        + PING,
        [PONG],
    ),
    "text above the limit": (
        frame(Opcode.TEXT, b" " * 40_000, fin=False) + frame(Opcode.CONT, b" " * 40_000),
        closed(CloseCode.MESSAGE_TOO_BIG),
    ),
    "close without a code": (frame(Opcode.CLOSE), [(Opcode.CLOSE, b"")]),
    "close": (closing(1000, b"done"), closed(1000)),
    "close with a code of an application": (closing(4999), closed(4999)),
    "close, then a ping": (closing(1000) + PING, closed(1000)),
    "close with half a code": (frame(Opcode.CLOSE, b"\x03"), BROKEN),
    "close with a reason that is not UTF-8": (closing(1000, b"\xce\xba\xed\xa0\x80"), NOT_TEXT),
    "close of 126 bytes": (frame(Opcode.CLOSE, b"\x03\xe8" + b"r" * 124), BROKEN),
    **{
        f"close with code {code}": (closing(code), BROKEN)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1100, 2999, 5000)
    },
}


@pytest.mark.parametrize("is_slow", [False, True], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(("sent", "expected"), list(CASES.values()), ids=list(CASES))
async def test_bridge_answers_as_the_protocol_asks(
    server: BridgeServer, sent: bytes, expected: list[Answer], is_slow: bool
) -> None:
    assert await answers(server.port, sent, len(expected), is_slow=is_slow) == expected


async def answers(port: int, sent: bytes, count: int, *, is_slow: bool) -> list[Answer]:
    """The first control frames that come back; behind a close frame nothing may come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(TIMEOUT_S):
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        reading = asyncio.create_task(read_answers(reader, count))
        for at in range(SLOW_BYTES if is_slow else 0):
            writer.write(sent[at : at + 1])
            # Whoever writes to a closed connection gets a reset, and no answer.
            if (await asyncio.wait([reading], timeout=0.001))[0]:
                break
        else:
            writer.write(sent[SLOW_BYTES if is_slow else 0 :])
        found = await reading
    writer.transport.abort()
    return found


async def read_answers(reader: asyncio.StreamReader, count: int) -> list[Answer]:
    found: list[Answer] = []
    while len(found) < count or found[-1][0] is Opcode.CLOSE:
        answer = await next_control(reader)
        if answer is None:
            break
        found.append(answer)
    return found


async def next_control(reader: asyncio.StreamReader) -> Answer | None:
    """`None` at the end of the stream."""
    while True:
        try:
            first, size = await reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2), "big")
            payload = await reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return None
        if first & 0x0F == Opcode.CLOSE:
            return Opcode.CLOSE, payload[:2]
        if first & 0x0F >= Opcode.CLOSE:
            return Opcode(first & 0x0F), payload
