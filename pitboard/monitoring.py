"""Put a monitor together from what the command line says."""

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path

from platformdirs import user_state_path

from pitboard import __version__
from pitboard.contract.errors import SettingsError
from pitboard.options import BrokerAccess
from pitboard.publisher.monitor import Runner
from pitboard.publisher.settings import MonitorSettings
from pitboard.publisher.setup_file import read_setup
from pitboard.publisher.sources import open_source
from pitboard.publisher.sources.text_file import cut
from pitboard.publisher.state import StateFile, load_identity

log = logging.getLogger(__name__)

# At this many times real time a source at its own 50 samples/s would keep a core busy.
FAST_SPEED = 20.0
FAST_SAMPLE_HZ = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How a monitor treats a broker that does not answer; times in seconds."""

    delay_initial_s: float = 1.0
    delay_max_s: float = 60.0
    jitter: float = 0.2
    connection_timeout_s: float = 10.0
    keepalive_s: int = 10

    def __post_init__(self) -> None:
        if self.delay_initial_s > self.delay_max_s:
            raise SettingsError(
                f"--reconnect-delay-initial {self.delay_initial_s:g} is above "
                f"--reconnect-delay-max {self.delay_max_s:g}: make the first wait the shorter one"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person chose for one monitor."""

    session_id: str | None = None
    monitor_id: str | None = None
    new_session: bool = False
    source: str = "simulated"
    setup: Path | None = None
    rate_hz: float = 2.0
    speed: float = 1.0
    driver: str | None = None
    in_control: bool = True
    seed: int = 1
    state_dir: Path | None = None
    retry: Retry = field(default_factory=Retry)


def build(access: BrokerAccess, choice: Choice) -> Runner:
    """A monitor ready to run. Raises `SettingsError`."""
    if choice.new_session and choice.session_id is not None:
        raise SettingsError(
            f"--new-session makes an id, but --session is {choice.session_id[:80]!r}: use one"
        )
    setup = read_setup(choice.setup) if choice.setup else None
    sample_hz = FAST_SAMPLE_HZ if choice.speed >= FAST_SPEED else None
    source = open_source(choice.source, seed=choice.seed, sample_hz=sample_hz)
    folder = choice.state_dir or user_state_path("pitboard")
    identity = load_identity(
        folder,
        session_id=choice.session_id,
        monitor_id=choice.monitor_id,
        new_session=choice.new_session,
    )
    # A source that names a team is most often driven by its first driver; `--driver` knows better.
    named = next(iter(source.meta.drivers or ()), None)
    retry = choice.retry
    settings = MonitorSettings(
        urls=access.urls,
        link=replace(
            access.link,
            connection_timeout_s=retry.connection_timeout_s,
            keepalive_s=retry.keepalive_s,
        ),
        rate_hz=choice.rate_hz,
        speed=choice.speed,
        driver=cut(choice.driver) or named,
        in_control=choice.in_control,
        reconnect_delay_initial_s=retry.delay_initial_s,
        reconnect_delay_max_s=retry.delay_max_s,
        reconnect_jitter=retry.jitter,
    )
    state = StateFile(folder, identity)
    log.info("publishing session=%s monitor=%s", identity.session_id, identity.monitor_id)
    return Runner(settings, source, state, version=__version__, setup=setup)
