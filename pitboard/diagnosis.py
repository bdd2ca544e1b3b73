"""What `pitboard doctor` says: findings, and what a person can do about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.events import Ended

# Before pitboard existed: a clock that says so was never set.
_EARLIEST_UNIX_S = 1_735_689_600


class Verdict(StrEnum):
    """How a check came out; a note is worth knowing and nothing is wrong."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


class Speech(StrEnum):
    """What a port was found to speak that ended an MQTT connection."""

    HTTP = "http"
    TLS = "tls"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report, and what to do when it is not all right."""

    verdict: Verdict
    fact: str
    advice: str = ""


def ok(fact: str) -> Finding:
    """All right."""
    return Finding(Verdict.OK, fact)


def wrong(fact: str, advice: str) -> Finding:
    """Something that a person must change."""
    return Finding(Verdict.WRONG, fact, advice)


def of_clock(unix_s: float, utc_text: str) -> Finding:
    """Whether this machine's clock can be right."""
    if unix_s < _EARLIEST_UNIX_S:
        return wrong(
            f"this machine's clock says {utc_text}",
            "set the clock: certificates, ages and the order of connections depend on it",
        )
    return ok(f"this machine's clock says {utc_text}; compare it with a watch")


def of_server_parts(missing: Sequence[str]) -> Finding:
    """Whether the commands that serve the pit crew can run."""
    if not missing:
        return ok("server parts are installed: demo, up, broker and bridge can run here")
    return Finding(
        Verdict.NOTE,
        f"server parts are not installed ({', '.join(missing)}): enough for a driver's PC",
        "for demo, up, broker and bridge: pip install 'pitboard[server]'",
    )


def of_end(url: BrokerUrl, end: Ended, speech: Speech | None) -> Finding:
    """Why no connection came about; *speech* is given where something did answer."""
    fact = f"{url}: {end.reason}"
    if end.is_refused:
        return wrong(
            fact,
            "the broker does not accept this user: set PITBOARD_USERNAME and PITBOARD_PASSWORD, "
            "or name a file with --credentials",
        )
    return wrong(fact, _advice(url, end.reason.lower(), speech))


def _advice(url: BrokerUrl, reason: str, speech: Speech | None) -> str:
    where = f"{url.host} port {url.port}"
    if "refused" in reason:
        return (
            f"nothing listens on {where}: is the broker running? Start `pitboard broker` or "
            "mosquitto there, or correct --broker"
        )
    if "not found" in reason:
        return f"no machine is called {url.host}: check the spelling, or use its IP address"
    if "certificate" in reason:
        return (
            "use the name that stands in the broker's certificate; for one of your own making "
            "name the file of its authority with --ca-file"
        )
    if speech is Speech.HTTP:
        return f"a web server answers on {where}, not a broker: MQTT is usually on port 1883"
    if speech is Speech.TLS:
        return f"the broker wants encryption on that port: write mqtts://{url.host}:{url.port}"
    if "tls" in reason:
        return (
            f"that port is not encrypted: write mqtt://{url.host}:{url.port}, or find the "
            "encrypted one, usually 8883"
        )
    if speech is Speech.UNKNOWN:
        return f"something listens on {where} that does not speak MQTT 3.1.1: check the port"
    return f"{where} cannot be reached from here: check the address, the network and firewalls"
