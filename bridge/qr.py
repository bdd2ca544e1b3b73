"""The link to a page as a picture that a phone's camera reads."""

import io
from functools import lru_cache

import segno

# Drawing one takes as long as a thousand frames; a crew asks for the same few.
_KEPT = 64


@lru_cache(maxsize=_KEPT)
def qr_code(url: str) -> bytes:
    """A QR code of *url* as SVG, dark on white whatever the page looks like."""
    drawn = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(drawn, kind="svg", scale=4, light="#fff", xmldecl=False)
    return drawn.getvalue()
