"""Why no connection came about, in a person's words: the same for every link to a broker."""

from typing import Final

HUNG_UP: Final = "it hung up without an answer: no MQTT on that port, or only with mqtts://"
LOST: Final = "connection lost"

NO_ANSWER: Final = "no answer in time"

TAKEN_CODE: Final = 0x85
"""CONNACK: client identifier not valid; a broker that guards them says so of another user's."""

REFUSED_CODES: Final = (TAKEN_CODE, 0x86, 0x87)
"""CONNACK: with bad user name or password and not authorized, what asking again does not change."""

# By OpenSSL's number of what it found; its own words do for the rest.
_DISTRUST: Final = {
    9: "it is not valid yet, or this machine's clock is wrong",
    10: "it has expired, or this machine's clock is wrong",
    **dict.fromkeys((18, 19, 20, 21), "its authority is unknown here: name its file, --ca-file"),
}


def of_error(error: Exception, *, is_encrypted: bool) -> str:
    """What an attempt to connect raised.

    Told apart by the names of its classes, so that nothing here needs a socket.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if "SSLCertVerificationError" in kinds:
        why = _DISTRUST.get(getattr(error, "verify_code", 0), getattr(error, "verify_message", ""))
        return f"certificate not trusted: {why}"
    if "SSLError" in kinds:
        reason = str(getattr(error, "reason", ""))
        if "ALERT" in reason:
            return f"the broker ended the encryption: {reason.replace('_', ' ').lower()}"
        return "no TLS on that port"
    if isinstance(error, TimeoutError):
        return NO_ANSWER
    if "gaierror" in kinds:
        return "host name not found"
    if isinstance(error, ConnectionResetError) and is_encrypted:
        return "no TLS on that port, or the broker hung up"
    return str(text)
