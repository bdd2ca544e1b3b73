"""Agreeing with a browser on `permessage-deflate`, of which the bridge compresses by itself."""

import logging
from collections.abc import Sequence

from websockets import NegotiationError
from websockets.extensions import Extension, ServerExtensionFactory
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame
from websockets.server import ServerProtocol
from websockets.typing import ExtensionName, ExtensionParameter

from pitboard.bridge.deflate import WINDOW_BITS

# The largest window: what a browser uses for its own messages unless it is told otherwise.
_BROWSER_BITS = 15

_SIMPLE = {"client_no_context_takeover", "client_max_window_bits"}
_OUR_BITS = "server_max_window_bits"
_WIDE_ENOUGH = {str(bits) for bits in range(WINDOW_BITS, 16)}


def new_connection(max_bytes: int) -> ServerProtocol:
    """The protocol of one connection, which takes messages of at most *max_bytes*."""
    return ServerProtocol(
        extensions=[_Offers()], max_size=max_bytes, logger=logging.getLogger("uvicorn.error")
    )


class _Plain(PerMessageDeflate):
    """Reads what the browser compresses, and leaves everything that the library sends as it is.

    A second compressor would write into the browser's window, to which shared frames refer.
    """

    def encode(self, frame: Frame) -> Frame:
        return frame


class _Offers(ServerExtensionFactory):
    """Accepts each offer that lets our messages refer to those before them."""

    name = ExtensionName("permessage-deflate")

    def process_request_params(
        self,
        params: Sequence[ExtensionParameter],
        accepted_extensions: Sequence[Extension],
    ) -> tuple[list[ExtensionParameter], Extension]:
        offer = dict(params)
        is_known = _SIMPLE.issuperset(offer.keys() - {_OUR_BITS})
        if accepted_extensions or len(offer) < len(params) or not is_known:
            raise NegotiationError("an offer that is not taken")
        # Each of the browser's few messages stands alone, so no window of it is kept for long.
        answer: list[tuple[str, str | None]] = [("client_no_context_takeover", None)]
        if _OUR_BITS in offer:
            if offer[_OUR_BITS] not in _WIDE_ENOUGH:
                raise NegotiationError("a window smaller than ours")
            answer.append((_OUR_BITS, str(WINDOW_BITS)))
        extension = _Plain(
            remote_no_context_takeover=True,
            local_no_context_takeover=True,
            remote_max_window_bits=_BROWSER_BITS,
            local_max_window_bits=WINDOW_BITS,
        )
        return answer, extension
