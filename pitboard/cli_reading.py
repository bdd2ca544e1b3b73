"""The commands that read from a broker: flags in, one function call each."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from pitboard import options
from pitboard.options import BrokerFlag, CaFileFlag, CredentialsFlag, SessionArgument
from pitboard.signals import exit_code, stopping

app = typer.Typer()


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
    raise typer.Exit(exit_code(received))


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
    raise typer.Exit(exit_code(received))


@app.command()
def doctor(
    broker: BrokerFlag = None, credentials: CredentialsFlag = None, ca_file: CaFileFlag = None
) -> None:
    """Check a broker: connect, publish, read back; says what is wrong."""
    from rich.console import Console  # noqa: PLC0415

    from pitboard.doctor import doctor as run  # noqa: PLC0415

    if not run(options.broker_access(broker, credentials, ca_file), Console()):
        raise typer.Exit(1)
