"""The command line: flags in, one function call each."""

import importlib
import logging
import threading
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer
from typer.core import TyperGroup

from pitboard import __version__, config, options
from pitboard.contract.errors import SettingsError
from pitboard.options import BrokerFlag, CaFileFlag, CredentialsFlag
from pitboard.signals import exit_code, stopping

app = typer.Typer(
    name="pitboard",
    help="Live car telemetry for endurance racing teams, over MQTT.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
sessions_app = typer.Typer()
app.add_typer(sessions_app, name="sessions")
credentials_app = typer.Typer()
app.add_typer(credentials_app, name="credentials")
mosquitto_app = typer.Typer()
app.add_typer(mosquitto_app, name="mosquitto")

HostFlag = Annotated[str, typer.Option(metavar="HOST", help="The address to listen on.")]
PortFlag = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")]
SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="The session's id.")]
UsersFlag = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Who may use the broker; made by `pitboard credentials new`."
    ),
]
StateFlag = Annotated[
    Path | None, typer.Option("--state-dir", metavar="DIR", help="[the user's state folder]")
]
AllowHostFlag = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A host name that browsers use for this server."),
]
AllowOriginFlag = Annotated[
    list[str] | None,
    typer.Option(metavar="URL", help="Another site whose pages may connect."),
]


def command() -> TyperGroup:
    """The command line, with an environment variable for every flag."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    config.name_variables(group)
    return group


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    config_file: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Defaults for all flags. [pitboard.toml]"),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log details.")] = False,
) -> None:
    """Live car telemetry for endurance racing teams, over MQTT."""
    assert isinstance(context.command, TyperGroup)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(config.USAGE_ERROR)
    path = config.find_file(config_file)
    if path is not None:
        document = config.read_toml(path, "--config" if config_file else "")
        context.default_map = config.defaults(document, path, context.command)
        if not config.is_given(context, "verbose"):
            verbose = context.default_map.get("verbose", verbose)
    _set_up_logging(is_verbose=verbose)


@app.command()
def version() -> None:
    """Print pitboard's version."""
    typer.echo(__version__)


@app.command()
def demo(
    http_port: PortFlag = 8000,
    mqtt_port: PortFlag = 1883,
    seed: Annotated[int, typer.Option(help="Another car and driver.")] = 1,
    rate: Annotated[float, typer.Option(min=1, max=60, help="Frames a second.")] = 10,
    speed: Annotated[float, typer.Option(min=0.1, max=2000, help="Times real time.")] = 1,
) -> None:
    """Broker, bridge and a simulated car in one process; prints the page to open."""
    serving = _server_part()
    _exit(serving.demo(http_port=http_port, mqtt_port=mqtt_port, seed=seed, rate=rate, speed=speed))


@app.command()
def up(
    http_port: PortFlag = 8000,
    mqtt_port: PortFlag = 1883,
    lan: Annotated[
        bool, typer.Option("--lan", help="Open the pages, and with --users MQTT, to the network.")
    ] = False,
    users: UsersFlag = None,
    state_dir: StateFlag = None,
    list_sessions: Annotated[
        bool, typer.Option("--list-sessions", help="Show all sessions to whoever asks.")
    ] = False,
    allow_host: AllowHostFlag = None,
    allow_origin: AllowOriginFlag = None,
) -> None:
    """Broker and bridge in one process; prints a link for each session that appears."""
    serving = _server_part()
    _exit(
        serving.up(
            http_port=http_port,
            mqtt_port=mqtt_port,
            is_lan=lan,
            users_file=users,
            state_dir=state_dir,
            list_sessions=list_sessions,
            allow_hosts=options.listed(allow_host),
            allow_origins=options.listed(allow_origin),
        )
    )


@app.command()
def broker(
    host: HostFlag = "127.0.0.1",
    port: PortFlag = 1883,
    users: UsersFlag = None,
    state_dir: StateFlag = None,
) -> None:
    """The embedded MQTT broker alone; without --users it stays on loopback."""
    serving = _server_part()
    _exit(serving.broker(host=host, port=port, users_file=users, state_dir=state_dir))


@app.command()
def bridge(
    broker: BrokerFlag = None,
    credentials: CredentialsFlag = None,
    ca_file: CaFileFlag = None,
    host: HostFlag = "127.0.0.1",
    port: PortFlag = 8000,
    list_sessions: Annotated[
        bool, typer.Option("--list-sessions", help="Show all sessions to whoever asks.")
    ] = False,
    allow_host: AllowHostFlag = None,
    allow_origin: AllowOriginFlag = None,
) -> None:
    """The web server between a broker and the crew's browsers."""
    serving = _server_part()
    access = options.broker_access(broker, credentials, ca_file)
    _exit(
        serving.bridge(
            access,
            host=host,
            port=port,
            list_sessions=list_sessions,
            allow_hosts=options.listed(allow_host),
            allow_origins=options.listed(allow_origin),
        )
    )


@app.command()
def monitor(
    broker: BrokerFlag = None,
    credentials: CredentialsFlag = None,
    ca_file: CaFileFlag = None,
    session: Annotated[str | None, typer.Option(metavar="ID", help="[kept from last time]")] = None,
    monitor: Annotated[str | None, typer.Option(metavar="ID", help="[kept from last time]")] = None,
    new_session: Annotated[bool, typer.Option("--new-session", help="Make another id.")] = False,
    source: Annotated[str, typer.Option(help="simulated, or replay:FILE.")] = "simulated",
    setup: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The game's setup as JSON.")
    ] = None,
    rate: Annotated[float, typer.Option(min=1, max=60, help="Frames a second.")] = 2,
    speed: Annotated[float, typer.Option(min=0.1, max=2000, help="Times real time.")] = 1,
    driver: Annotated[
        str | None, typer.Option(metavar="NAME", help="[the first that the source names]")
    ] = None,
    in_control: Annotated[
        bool, typer.Option("--in-control/--no-in-control", help="This machine drives the car.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Of the simulated car.")] = 1,
    state_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="[the user's state folder]")
    ] = None,
    reconnect_delay_initial: Annotated[
        float, typer.Option(min=0.01, max=3600, help="First wait for a lost broker, seconds.")
    ] = 1.0,
    reconnect_delay_max: Annotated[
        float, typer.Option(min=0.01, max=3600, help="Longest wait, seconds.")
    ] = 60.0,
    reconnect_jitter: Annotated[
        float, typer.Option(min=0, max=1, help="Share by which a wait varies either way.")
    ] = 0.2,
    connection_timeout: Annotated[
        float, typer.Option(min=0.1, max=300, help="How long a connection may take, seconds.")
    ] = 10.0,
    keepalive: Annotated[
        int, typer.Option(min=1, max=3600, help="Longest silence on the link, seconds.")
    ] = 10,
) -> None:
    """Publish a car: the part that runs on the driver's PC."""
    from pitboard import monitoring  # noqa: PLC0415 - other commands start without it

    access = options.broker_access(broker, credentials, ca_file)
    runner = monitoring.build(
        access,
        monitoring.Choice(
            session_id=session,
            monitor_id=monitor,
            new_session=new_session,
            source=source,
            setup=setup,
            rate_hz=rate,
            speed=speed,
            driver=driver,
            in_control=in_control,
            seed=seed,
            state_dir=state_dir,
            retry=monitoring.Retry(
                delay_initial_s=reconnect_delay_initial,
                delay_max_s=reconnect_delay_max,
                jitter=reconnect_jitter,
                connection_timeout_s=connection_timeout,
                keepalive_s=keepalive,
            ),
        ),
    )
    with stopping(runner.stop) as received:
        runner.run()
    _exit(exit_code(received))


@app.command()
def record(
    session: SessionArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE")],
    broker: BrokerFlag = None,
    credentials: CredentialsFlag = None,
    ca_file: CaFileFlag = None,
) -> None:
    """Write a session's messages into a file that `monitor --source replay:FILE` plays."""
    from pitboard.record import record as run  # noqa: PLC0415

    stop = threading.Event()
    access = options.broker_access(broker, credentials, ca_file)
    with stopping(stop.set) as received:
        run(access, options.checked_id(session, "SESSION"), output, stop=stop)
    _exit(exit_code(received))


@app.command()
def watch(
    session: SessionArgument,
    broker: BrokerFlag = None,
    credentials: CredentialsFlag = None,
    ca_file: CaFileFlag = None,
    once: Annotated[bool, typer.Option("--once", help="Print the state and end.")] = False,
) -> None:
    """A session's live values in the terminal."""
    from rich.console import Console  # noqa: PLC0415

    from pitboard.watch import watch as run  # noqa: PLC0415

    stop = threading.Event()
    access = options.broker_access(broker, credentials, ca_file)
    session_id = options.checked_id(session, "SESSION")
    with stopping(stop.set) as received:
        run(access, session_id, stop=stop, console=Console(), once=once)
    _exit(exit_code(received))


@app.command()
def doctor(
    broker: BrokerFlag = None, credentials: CredentialsFlag = None, ca_file: CaFileFlag = None
) -> None:
    """Check a broker: connect, publish, read back; says what is wrong."""
    from rich.console import Console  # noqa: PLC0415

    from pitboard.doctor import doctor as run  # noqa: PLC0415

    if not run(options.broker_access(broker, credentials, ca_file), Console()):
        raise typer.Exit(1)


@sessions_app.callback(invoke_without_command=True)
def sessions(
    context: typer.Context,
    broker: BrokerFlag = None,
    credentials: CredentialsFlag = None,
    ca_file: CaFileFlag = None,
) -> None:
    """List the sessions that a broker holds, or clear them."""
    from rich.console import Console  # noqa: PLC0415

    from pitboard.sessions import list_sessions  # noqa: PLC0415

    name = context.invoked_subcommand
    if name is None:
        list_sessions(options.broker_access(broker, credentials, ca_file), Console())
        return
    # The flags may stand before the word or behind it.
    given = {"broker": broker, "credentials": credentials, "ca_file": ca_file}
    inner = (context.default_map or {}).get(name, {})
    context.default_map = {name: {**inner, **given}}


@sessions_app.command()
def remove(
    session: SessionArgument,
    broker: BrokerFlag = None,
    credentials: CredentialsFlag = None,
    ca_file: CaFileFlag = None,
    force: Annotated[bool, typer.Option("--force", help="Even one that is live.")] = False,
) -> None:
    """Clear everything that a broker holds of one session."""
    from pitboard.sessions import remove_session  # noqa: PLC0415
    from pitboard.words import counted  # noqa: PLC0415

    session_id = options.checked_id(session, "SESSION")
    count = remove_session(
        options.broker_access(broker, credentials, ca_file), session_id, force=force
    )
    typer.echo(f"{session}: {counted(count, 'topic')} cleared")


@sessions_app.command()
def prune(
    older_than: Annotated[str, typer.Option(metavar="AGE", help="Such as 7d, 12h or 30m.")],
    broker: BrokerFlag = None,
    credentials: CredentialsFlag = None,
    ca_file: CaFileFlag = None,
) -> None:
    """Clear the sessions that have said nothing for long."""
    from rich.console import Console  # noqa: PLC0415

    from pitboard.sessions import parse_age, prune_sessions  # noqa: PLC0415

    age_s = parse_age(older_than)
    prune_sessions(options.broker_access(broker, credentials, ca_file), age_s, Console())


@credentials_app.callback(invoke_without_command=True)
def credentials(context: typer.Context, users: UsersFlag = None) -> None:
    """List the users of a broker, or make and take away some."""
    from rich.console import Console  # noqa: PLC0415

    if context.invoked_subcommand is None:
        module = _credentials_part()
        module.list_users(users or module.default_path(), Console())
        return
    inner = (context.default_map or {}).get(context.invoked_subcommand, {})
    context.default_map = {context.invoked_subcommand: {**inner, "users": users}}


@credentials_app.command("new")
def new_credentials(
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="monitor, bridge or admin.")
    ] = "monitor",
    session: Annotated[
        str | None, typer.Option(metavar="ID", help="What a monitor may publish. [a new one]")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="[made up]")] = None,
    users: UsersFlag = None,
) -> None:
    """Make a user; prints the lines for his --credentials file, once."""
    module = _credentials_part()
    path = users or module.default_path()
    if session is not None:
        options.checked_id(session, "--session")
    with _server_part("pitboard.mosquitto").keeping_owners(path):
        user, password = module.new(path, module.role(role), session_id=session, name=name)
    typer.echo(module.as_toml(user, password), nl=False)
    what = f"session {user.session_id}" if user.session_id else "every session"
    typer.echo(f"{user.role} {user.name} for {what}, kept in {path}", err=True)


@credentials_app.command("remove")
def remove_credentials(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The user.")],
    users: UsersFlag = None,
) -> None:
    """Take a user away; an embedded broker must be started again, mosquitto wants a SIGHUP."""
    module = _credentials_part()
    path = users or module.default_path()
    with _server_part("pitboard.mosquitto").keeping_owners(path):
        module.remove(path, name)
    typer.echo(f"{name} removed")


@mosquitto_app.callback()
def mosquitto() -> None:
    """Have mosquitto serve a team: passwords, rules and encryption."""


@mosquitto_app.command("init")
def init_mosquitto(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where everything goes.")],
    host: Annotated[
        list[str] | None,
        typer.Option(
            # In variables and files `host` is the address that servers listen on.
            "--broker-host",
            "--host",
            metavar="NAME",
            help="What drivers' PCs call this machine; may be repeated.",
        ),
    ] = None,
    mqtt_port: PortFlag = 1883,
    mqtts_port: PortFlag = 8883,
    cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own certificate. [made by openssl]")
    ] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Of --cert.")] = None,
    users: UsersFlag = None,
) -> None:
    """Make mosquitto's settings, users and certificates; what is there is kept."""
    module = _server_part("pitboard.mosquitto")
    for line in module.init(
        module.plan(
            folder,
            users=users,
            hosts=options.listed(host),
            ports=(mqtt_port, mqtts_port),
            cert=cert,
            key=key,
        )
    ):
        typer.echo(line)


def _exit(code: int) -> None:
    if code:
        raise typer.Exit(code)


def _credentials_part() -> ModuleType:
    return _server_part("pitboard.credentials")


def _server_part(name: str = "pitboard.serving") -> ModuleType:
    """What only an installation with the server's dependencies can do."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if (exc.name or "pitboard").partition(".")[0] == "pitboard":
            raise
        raise SettingsError(
            f"this command needs the server part ({exc.name} is missing): "
            "pip install 'pitboard[server]'"
        ) from None


def _set_up_logging(*, is_verbose: bool) -> None:
    """Standard error, so that standard output carries what a command is for."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("pitboard").setLevel(logging.DEBUG if is_verbose else logging.INFO)
