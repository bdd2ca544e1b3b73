"""What a port speaks that does not speak MQTT."""

import socket
import ssl

from pitboard.contract.urls import BrokerUrl
from pitboard.diagnosis import Speech

_WITHIN_S = 2.0


def probe(url: BrokerUrl) -> Speech | None:
    """Ask whatever listens there; `None` where nothing takes a connection."""
    try:
        _dial(url).close()
    except OSError:
        return None
    # TLS first: a web server behind it would answer plain HTTP as well.
    if not url.is_encrypted and _speaks_tls(url):
        return Speech.TLS
    return Speech.HTTP if _speaks_http(url) else Speech.UNKNOWN


def _dial(url: BrokerUrl) -> socket.socket:
    return socket.create_connection((url.host, url.port), timeout=_WITHIN_S)


def _speaks_tls(url: BrokerUrl) -> bool:
    context = ssl.create_default_context()
    # Only whether it is TLS is asked; nothing is sent, so nothing is trusted.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with _dial(url) as sock, context.wrap_socket(sock):
            return True
    except ssl.SSLError as exc:
        # A server that wants our certificate speaks TLS too.
        return "ALERT" in (exc.reason or "")
    except OSError:
        return False


def _speaks_http(url: BrokerUrl) -> bool:
    try:
        with _dial(url) as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return sock.recv(5) == b"HTTP/"
    except OSError:
        return False
