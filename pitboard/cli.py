"""The command line: flags in, one function call each.

Those that serve and publish are here; `cli_reading` and `cli_team` have the others.
"""

import logging
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from pitboard import __version__, cli_reading, cli_team, config, log_setup, options
from pitboard.cli_visitors import Visitors, with_visitors
from pitboard.options import (
    BrokerFlag,
    CaFileFlag,
    CredentialsFlag,
    HostFlag,
    PortFlag,
    StateFlag,
    UsersFlag,
    WorkersFlag,
)
from pitboard.server_part import server_part
from pitboard.signals import exit_code, stopping

app = typer.Typer(
    name="pitboard",
    help="Live car telemetry for endurance racing teams, over MQTT.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_reading.app)
app.add_typer(cli_team.sessions_app, name="sessions")
app.add_typer(cli_team.credentials_app, name="credentials")
app.add_typer(cli_team.mosquitto_app, name="mosquitto")


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
    log_setup.set_up(logging.DEBUG if verbose else logging.INFO)


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
    with server_part():
        from pitboard import serving  # noqa: PLC0415 - others start without it

    raise typer.Exit(
        serving.demo(http_port=http_port, mqtt_port=mqtt_port, seed=seed, rate=rate, speed=speed)
    )


@app.command()
@with_visitors
def up(
    http_port: PortFlag = 8000,
    mqtt_port: PortFlag = 1883,
    lan: Annotated[
        bool, typer.Option("--lan", help="Open the pages, and with --users MQTT, to the network.")
    ] = False,
    users: UsersFlag = None,
    state_dir: StateFlag = None,
    *,
    visitors: Visitors,
) -> None:
    """Broker and bridge in one process; prints a link for each session that appears."""
    with server_part():
        from pitboard import serving  # noqa: PLC0415 - others start without it

    raise typer.Exit(
        serving.up(
            http_port=http_port,
            mqtt_port=mqtt_port,
            is_lan=lan,
            users_file=users,
            state_dir=state_dir,
            visitors=visitors,
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
    with server_part():
        from pitboard import serving  # noqa: PLC0415 - others start without it

    raise typer.Exit(serving.broker(host=host, port=port, users_file=users, state_dir=state_dir))


@app.command()
@with_visitors
def bridge(
    broker: BrokerFlag = None,
    credentials: CredentialsFlag = None,
    ca_file: CaFileFlag = None,
    host: HostFlag = "127.0.0.1",
    port: PortFlag = 8000,
    workers: WorkersFlag = 1,
    *,
    visitors: Visitors,
) -> None:
    """The web server between a broker and the crew's browsers."""
    from pitboard import bridges  # noqa: PLC0415 - others start without it

    access = options.broker_access(broker, credentials, ca_file)
    raise typer.Exit(
        bridges.bridge(
            access,
            host=host,
            port=port,
            workers=workers,
            visitors=visitors,
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
    raise typer.Exit(exit_code(received))
