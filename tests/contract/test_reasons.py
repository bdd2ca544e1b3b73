import errno
import os
import socket
import ssl

import pytest

from pitboard.contract import reasons


def distrust(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "what OpenSSL says"
    return error


def alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "in OpenSSL's words")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "no answer in time"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "no answer in time"),
        (socket.gaierror(-2, "Name or service not known"), "host name not found"),
        (OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED)), "Connection refused"),
        (distrust(10), "has expired"),
        (distrust(18), "--ca-file"),
        (distrust(62), "what OpenSSL says"),
        (alert("TLSV1_ALERT_UNKNOWN_CA"), "ended the encryption: tlsv1 alert unknown ca"),
        (alert("WRONG_VERSION_NUMBER"), "no TLS on that port"),
        (ConnectionResetError(errno.ECONNRESET, "reset by peer"), "reset by peer"),
        (ValueError("Invalid host."), "Invalid host."),
        (ValueError(), "ValueError"),
    ],
)
def test_error_is_said_in_words(error: Exception, said: str) -> None:
    assert said in reasons.of_error(error, is_encrypted=False)


def test_reset_under_encryption_is_most_likely_a_plain_port() -> None:
    error = ConnectionResetError(errno.ECONNRESET, "reset by peer")

    assert "no TLS" in reasons.of_error(error, is_encrypted=True)
