"""The commands of whoever runs a team's broker: flags in, one function call each."""

from pathlib import Path
from typing import Annotated

import typer

from pitboard import options
from pitboard.options import (
    BrokerFlag,
    CaFileFlag,
    CredentialsFlag,
    PortFlag,
    SessionArgument,
    UsersFlag,
)
from pitboard.server_part import server_part

sessions_app = typer.Typer()
credentials_app = typer.Typer()
mosquitto_app = typer.Typer()


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

    if context.invoked_subcommand is None:
        list_sessions(options.broker_access(broker, credentials, ca_file), Console())
        return
    _hand_down(context, broker=broker, credentials=credentials, ca_file=ca_file)


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
def list_credentials(context: typer.Context, users: UsersFlag = None) -> None:
    """List the users of a broker, or make and take away some."""
    from rich.console import Console  # noqa: PLC0415

    if context.invoked_subcommand is None:
        with server_part():
            from pitboard import credentials  # noqa: PLC0415

        credentials.list_users(users or credentials.default_path(), Console())
        return
    _hand_down(context, users=users)


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
    with server_part():
        from pitboard import credentials  # noqa: PLC0415

    path = users or credentials.default_path()
    if session is not None:
        options.checked_id(session, "--session")
    user, password = credentials.new(path, credentials.role(role), session_id=session, name=name)
    typer.echo(credentials.as_toml(user, password), nl=False)
    what = f"session {user.session_id}" if user.session_id else "every session"
    typer.echo(f"{user.role} {user.name} for {what}, kept in {path}", err=True)


@credentials_app.command("remove")
def remove_credentials(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The user.")],
    users: UsersFlag = None,
) -> None:
    """Take a user away; mosquitto and NATS want a SIGHUP, an embedded broker another start."""
    with server_part():
        from pitboard import credentials  # noqa: PLC0415

    credentials.remove(users or credentials.default_path(), name)
    typer.echo(f"{name} removed")


@mosquitto_app.callback()
def mosquitto_group() -> None:
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
    with server_part():
        from pitboard import mosquitto  # noqa: PLC0415

    plan = mosquitto.plan(
        folder,
        users=users,
        hosts=options.listed(host),
        ports=(mqtt_port, mqtts_port),
        cert=cert,
        key=key,
    )
    for line in mosquitto.init(plan):
        typer.echo(line)


def _hand_down(context: typer.Context, **given: object) -> None:
    """A group's flags may stand before the word or behind it."""
    name = str(context.invoked_subcommand)
    inner = (context.default_map or {}).get(name, {})
    context.default_map = {name: {**inner, **given}}
