"""Timestamps as they stand on the wire: ISO 8601, UTC, milliseconds."""

from datetime import UTC, datetime

# [0-9] and \Z, since \d takes the digits of every script and $ a line feed behind the Z.
TIME_PATTERN = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)\.[0-9]{3}Z\Z"
)


def to_text(unix_ms: int) -> str:
    """`1781376127512` -> `2026-06-13T18:42:07.512Z`."""
    whole = datetime.fromtimestamp(unix_ms // 1000, tz=UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{unix_ms % 1000:03d}Z"


def to_unix_ms(text: str) -> int:
    """The inverse of `to_text`; *text* is a checked timestamp.

    A day that its month does not have counts on into the next month, and second 60 into the next
    minute, as JavaScript's `Date` reads the former.
    """
    year, month, day = int(text[0:4]), int(text[5:7]), int(text[8:10])
    first = datetime(max(year, 1), month, 1, tzinfo=UTC)
    seconds = (
        int(first.timestamp())
        + (day - 1) * 86_400
        + int(text[11:13]) * 3600
        + int(text[14:16]) * 60
        + int(text[17:19])
    )
    return seconds * 1000 + int(text[20:23])
