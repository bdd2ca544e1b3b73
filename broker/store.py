"""Retained values on disk, so that they survive a restart of the embedded broker.

The file is replaced as a whole: a crash leaves the old one or the new one.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from pitboard.contract.errors import SettingsError

log = logging.getLogger(__name__)


class Kept(Struct, frozen=True, array_like=True):
    """One retained value."""

    topic: str
    data: bytes
    qos: int


class Store:
    """The file; only one broker may use it at a time."""

    def __init__(self, path: Path) -> None:
        """Raise `SettingsError` when the folder cannot be used."""
        self._path = path
        self._is_failing = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise SettingsError(f"cannot use --state-dir {path.parent}: {reason}") from None

    def load(self) -> list[Kept]:
        """What was kept; a damaged file is set aside. Raises `SettingsError`."""
        try:
            return msgspec.msgpack.decode(self._path.read_bytes(), type=list[Kept])
        except FileNotFoundError:
            return []
        except OSError as error:
            reason = error.strerror or error
            raise SettingsError(
                f"cannot read {self._path}: {reason}; move it away, or name another --state-dir"
            ) from None
        except (msgspec.MsgspecError, UnicodeError) as error:
            # Live monitors send everything again; a person may want to look at the rest.
            aside = self._path.with_suffix(".damaged")
            log.warning("retained values set aside path=%s reason=%s", aside, error)
            self._path.replace(aside)
            return []

    def save(self, values: Sequence[Kept]) -> bool:
        """Write the values; False when the disk does not take them, which is logged once."""
        temporary = self._path.with_suffix(".new")
        try:
            # Topics hold session ids, and whoever knows one may watch.
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.msgpack.encode(values))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            if not self._is_failing:
                reason = error.strerror or error
                log.warning("retained values not saved path=%s reason=%s", self._path, reason)
            self._is_failing = True
            return False
        self._is_failing = False
        return True
