"""Who may open a bridge's pages: one set of flags for every command that has a bridge."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any

import typer

from pitboard.options import listed


def _most(text: str) -> Any:
    return typer.Option(min=1, max=100_000, help=text)


ListSessionsFlag = Annotated[
    bool, typer.Option("--list-sessions", help="Show all sessions to whoever asks.")
]
AllowHostFlag = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A host name that browsers use for this server."),
]
AllowOriginFlag = Annotated[
    list[str] | None,
    typer.Option(metavar="URL", help="Another site whose pages may connect."),
]
TrustedProxyFlag = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS", help="A proxy in front of this server, whose X-Forwarded-For is true."
    ),
]
MaxBrowsersFlag = Annotated[int, _most("Browsers at once.")]
MaxPerAddressFlag = Annotated[int, _most("Browsers of one address, or of one IPv6 /64.")]
MaxPerSessionFlag = Annotated[int, _most("Browsers that watch one session.")]
MaxSessionsFlag = Annotated[int, _most("Sessions that are watched at once.")]
MaxEmptySessionsFlag = Annotated[int, _most("Sessions without data that one address has opened.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitors:
    """Who may open the pages of a bridge, by the names of its settings."""

    list_sessions: bool
    allow_hosts: frozenset[str]
    allow_origins: frozenset[str]
    trusted_proxies: frozenset[str]
    max_browsers: int
    max_browsers_per_address: int
    max_browsers_per_session: int
    max_sessions: int
    max_empty_sessions_per_address: int


def with_visitors(command: Callable[..., None]) -> Callable[..., None]:
    """Have *command* take the flags, and get them as its argument `visitors`."""
    flags = inspect.signature(_visitors).parameters
    signature = inspect.signature(command)
    own = [param for name, param in signature.parameters.items() if name != "visitors"]

    @wraps(command)
    def with_flags(**given: Any) -> None:
        said = {name: given.pop(name) for name in flags}
        command(**given, visitors=_visitors(**said))

    # What typer makes the command line of.
    parameters = [*own, *flags.values()]
    with_flags.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return with_flags


def _visitors(
    list_sessions: ListSessionsFlag = False,
    allow_host: AllowHostFlag = None,
    allow_origin: AllowOriginFlag = None,
    trusted_proxy: TrustedProxyFlag = None,
    max_browsers: MaxBrowsersFlag = 500,
    max_browsers_per_address: MaxPerAddressFlag = 100,
    max_browsers_per_session: MaxPerSessionFlag = 200,
    max_sessions: MaxSessionsFlag = 200,
    max_empty_sessions_per_address: MaxEmptySessionsFlag = 20,
) -> Visitors:
    return Visitors(
        list_sessions=list_sessions,
        allow_hosts=frozenset(listed(allow_host)),
        allow_origins=frozenset(listed(allow_origin)),
        trusted_proxies=frozenset(listed(trusted_proxy)),
        max_browsers=max_browsers,
        max_browsers_per_address=max_browsers_per_address,
        max_browsers_per_session=max_browsers_per_session,
        max_sessions=max_sessions,
        max_empty_sessions_per_address=max_empty_sessions_per_address,
    )
