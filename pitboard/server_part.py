"""The part of pitboard that a driver's PC does without."""

import contextlib
from collections.abc import Iterator

from pitboard.contract.errors import SettingsError


@contextlib.contextmanager
def server_part() -> Iterator[None]:
    """For the import of a module that needs the server's dependencies: says how to install them.

    Raises `SettingsError`.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        # One of our own that is missing is a broken installation, which the hint would hide.
        if (exc.name or "pitboard").partition(".")[0] == "pitboard":
            raise
        raise SettingsError(
            f"this command needs the server part ({exc.name} is missing): "
            "pip install 'pitboard[server]'"
        ) from None
