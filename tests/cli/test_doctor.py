import getpass
import io
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from pitboard.contract.urls import BrokerUrl
from pitboard.diagnosis import Speech, Verdict, of_clock, of_end, of_server_parts
from pitboard.doctor import doctor
from pitboard.inbox import Inbox
from pitboard.probe import probe
from pitboard.publisher.events import Ended
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, free_port, has_mosquitto
from tests.cli.car import access_to

Broker = EmbeddedInThread | Mosquitto

URL = BrokerUrl("box", 1883)


def report(*urls: str) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=200)
    is_well = doctor(access_to(*urls), console)
    assert isinstance(console.file, io.StringIO)
    return is_well, console.file.getvalue()


@contextmanager
def serving(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[BrokerUrl]:
    """A server that says *answer* to whoever connects, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                with sock:
                    try:
                        if context is not None:
                            with context.wrap_socket(sock, server_side=True):
                                continue
                        sock.recv(100)
                        sock.sendall(answer)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield BrokerUrl("127.0.0.1", listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(TIMEOUT_S)


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def test_doctor_finds_nothing_wrong_with_a_broker_that_works(broker: Broker) -> None:
    is_well, text = report(broker.url)

    assert is_well, text
    for expected in (
        "the broker accepts the connection",
        "messages come back; round trip",
        "retained messages are kept",
        "wills work",
        "what this test left on the broker is removed",
    ):
        assert expected in text
    assert "wrong" not in text


def test_doctor_leaves_nothing_behind(broker: Broker) -> None:
    report(broker.url)

    with Inbox.open(access_to(broker.url), "test") as inbox:
        assert [one for one in inbox.replay(["pitboard/v1/#"]) if one.retained] == []


def test_doctor_says_that_no_broker_runs() -> None:
    is_well, text = report(f"mqtt://127.0.0.1:{free_port()}")

    assert not is_well
    assert "Connection refused" in text
    assert "Start `pitboard broker` or mosquitto" in text


def test_doctor_tries_every_broker_given(broker: Broker) -> None:
    is_well, text = report(f"mqtt://127.0.0.1:{free_port()}", broker.url)

    assert not is_well
    assert "wills work" in text


def test_doctor_recognises_a_web_server() -> None:
    with serving(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        is_well, text = report(str(url))

    assert not is_well
    assert "a web server answers" in text


def test_doctor_recognises_a_port_that_wants_encryption(own_certificate: ssl.SSLContext) -> None:
    with serving(b"", own_certificate) as url:
        is_well, text = report(str(url))

    assert not is_well
    assert f"write mqtts://127.0.0.1:{url.port}" in text


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_doctor_explains_a_certificate_of_ones_own_making(
    own_certificate: ssl.SSLContext,
) -> None:
    with serving(b"", own_certificate) as url:
        is_well, text = report(f"mqtts://127.0.0.1:{url.port}")

    assert not is_well
    assert "name the file of its authority with --ca-file" in text


@pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
def test_doctor_explains_a_refused_user() -> None:
    with Mosquitto(settings=f"user {getpass.getuser()}\nallow_anonymous false\n") as broker:
        is_well, text = report(broker.url)

    assert not is_well
    assert "PITBOARD_USERNAME" in text


@pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
def test_doctor_finds_out_that_retained_messages_are_off() -> None:
    with Mosquitto(settings=f"user {getpass.getuser()}\nretain_available false\n") as broker:
        is_well, text = report(broker.url)

    assert not is_well
    assert "retain_available true" in text


@pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
def test_doctor_finds_out_that_this_user_may_only_read(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic read pitboard/#\n")
    rules.chmod(0o700)
    settings = f"user {getpass.getuser()}\nacl_file {rules}\n"

    with Mosquitto(settings=settings) as broker:
        is_well, text = report(broker.url)

    assert not is_well
    assert "did not come back" in text
    assert "allow this user to publish" in text


def test_probe_of_a_closed_port_answers_nothing() -> None:
    assert probe(BrokerUrl("127.0.0.1", free_port())) is None


def test_probe_of_something_else_says_unknown() -> None:
    with serving(b"220 mail\r\n") as url:
        assert probe(url) is Speech.UNKNOWN


@pytest.mark.parametrize(
    ("reason", "speech", "advice"),
    [
        ("Connection refused", None, "is the broker running"),
        ("host name not found", None, "no machine is called box"),
        ("no answer in time", None, "firewalls"),
        ("certificate not trusted: expired", None, "--ca-file"),
        ("no TLS on that port", Speech.UNKNOWN, "not encrypted: write mqtt://box:1883"),
        ("connection closed", Speech.HTTP, "a web server answers on box port 1883"),
        ("connection closed", Speech.TLS, "write mqtts://box:1883"),
        ("connection lost", Speech.UNKNOWN, "does not speak MQTT 3.1.1"),
    ],
)
def test_each_failure_comes_with_what_to_do(
    reason: str, speech: Speech | None, advice: str
) -> None:
    finding = of_end(URL, Ended(reason), speech)

    assert finding.verdict is Verdict.WRONG
    assert reason in finding.fact
    assert advice in finding.advice


def test_refused_user_is_told_where_a_password_comes_from() -> None:
    finding = of_end(URL, Ended("Not authorized", is_refused=True), None)

    assert "--credentials" in finding.advice


def test_clock_that_was_never_set_is_wrong() -> None:
    assert of_clock(0.0, "1970-01-01 00:00:00 UTC").verdict is Verdict.WRONG
    assert of_clock(1_781_376_000.0, "2026-06-13 18:40:00 UTC").verdict is Verdict.OK


def test_missing_server_parts_are_no_fault() -> None:
    assert of_server_parts(["fastapi"]).verdict is Verdict.NOTE
    assert of_server_parts([]).verdict is Verdict.OK
