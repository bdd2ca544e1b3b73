"""The monitor's files: who it is, and what it remembers of each session.

One folder holds `identity.json` and one file a (session, monitor). A file is replaced as a whole,
so a crash leaves the old one or the new one, never half of one.
"""

import contextlib
import errno
import logging
import os
import re
from pathlib import Path
from typing import TypeVar

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct, structs

from pitboard.contract.errors import SettingsError
from pitboard.contract.topics import ID_PATTERN, is_id, new_id
from pitboard.publisher.memory import Memory

log = logging.getLogger(__name__)

S = TypeVar("S", bound=Struct)

# The word in front keeps names apart that mean a device on Windows, such as `con`.
_STATE_NAME = re.compile(rf"session-({ID_PATTERN})\.({ID_PATTERN})\.json")

LOCK_WITHIN_S = 5.0


class Identity(Struct, frozen=True, kw_only=True):
    """Who publishes, and for which car."""

    session_id: str
    monitor_id: str


def load_identity(
    folder: Path, *, session_id: str | None, monitor_id: str | None, new_session: bool = False
) -> Identity:
    """The machine's identity: what is given, else what was used last, else made up.

    Raises:
        SettingsError: An id does not match the pattern, or the folder cannot be written.
    """
    for flag, value in (("--session", session_id), ("--monitor", monitor_id)):
        if value is not None and not is_id(value):
            raise SettingsError(
                f"{flag} {value!r}: use lower-case letters, digits, - and _, at most 64, "
                "beginning with a letter or a digit"
            )
    _make_folder(folder)
    try:
        with FileLock(folder / "identity.lock", timeout=LOCK_WITHIN_S):
            return _load_identity(folder / "identity.json", session_id, monitor_id, new_session)
    except (OSError, Timeout) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise SettingsError(f"cannot lock {folder}: {reason} (--state-dir)") from None


def _load_identity(
    path: Path, session_id: str | None, monitor_id: str | None, new_session: bool
) -> Identity:
    stored = _read(path, Identity, "the session used last goes on")
    known = stored or _last_used(path.parent)
    keeps = known is not None and not new_session
    identity = Identity(
        session_id=session_id or (known.session_id if known and keeps else new_id()),
        monitor_id=monitor_id or (known.monitor_id if known else f"pc-{new_id()[:8]}"),
    )
    # A second monitor on this machine is named each time; it does not become the machine's own.
    kept = structs.replace(identity, monitor_id=known.monitor_id) if known else identity
    if kept != stored:
        _write(path, kept)
    return identity


def _last_used(folder: Path) -> Identity | None:
    """Whose the newest state file is, by its name: what is left of a damaged `identity.json`."""
    files = sorted(folder.glob("session-*.json"), key=lambda path: path.stat().st_mtime)
    for match in filter(None, (_STATE_NAME.fullmatch(path.name) for path in reversed(files))):
        return Identity(session_id=match[1], monitor_id=match[2])
    return None


class StateFile:
    """The `Memory` of one monitor in one session; only one process may hold it."""

    def __init__(self, folder: Path, identity: Identity) -> None:
        """Take the file.

        Raises:
            SettingsError: Another process holds it, or the folder cannot be written.
        """
        _make_folder(folder)
        self._path = folder / f"session-{identity.session_id}.{identity.monitor_id}.json"
        # Not of one thread: it is often taken on one and released on the monitor's.
        self._lock = FileLock(f"{self._path}.lock", thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise SettingsError(
                f"monitor {identity.monitor_id} of session {identity.session_id} already runs on "
                "this machine: stop it, or give this one another --monitor id"
            ) from None
        except OSError as exc:
            raise SettingsError(f"cannot lock {self._path}: {exc.strerror or exc}") from None
        loaded = _read(self._path, Memory, "the laps that the broker has are read back")
        if loaded is not None and (loaded.session_id, loaded.monitor_id) != (
            identity.session_id,
            identity.monitor_id,
        ):
            loaded = None
        self.memory = loaded or Memory(
            session_id=identity.session_id, monitor_id=identity.monitor_id
        )
        self._saved = msgspec.json.encode(self.memory)
        self._is_failing = False

    def save(self) -> None:
        """Write what changed; a full disk is told once, and the monitor goes on."""
        data = msgspec.json.encode(self.memory)
        if data == self._saved and self._path.exists():
            return
        try:
            _write_bytes(self._path, data)
        except OSError as exc:
            self._tell(exc)
            return
        self._saved = data
        if self._is_failing:
            self._is_failing = False
            log.info("[Publisher] Laps are kept on disk again")

    def _tell(self, exc: OSError) -> None:
        if self._is_failing:
            return
        self._is_failing = True
        reason = f"cannot be written: {exc.strerror or exc}"
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = "does not fit on the disk, which is full: make room"
        log.error(
            "[Publisher] %s %s. Publishing goes on, but a lap that the broker does not have yet is "
            "lost if this program ends",
            self._path,
            reason,
        )

    def close(self) -> None:
        """Save and let another process have the file."""
        self.save()
        self._lock.release()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        is_file = isinstance(exc, FileExistsError | NotADirectoryError)
        reason = "it is not a folder" if is_file else exc.strerror or exc
        raise SettingsError(
            f"cannot use the state folder {folder}: {reason} (--state-dir)"
        ) from None


def _read(path: Path, kind: type[S], instead: str) -> S | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise SettingsError(f"cannot read {path}: {exc.strerror or exc} (--state-dir)") from None
    except (msgspec.MsgspecError, UnicodeError) as exc:
        damaged = path.with_suffix(".damaged")
        with contextlib.suppress(OSError):
            path.replace(damaged)
        text = "[Publisher] %s is damaged (%s) and kept as %s: %s"
        log.warning(text, path, exc, damaged.name, instead)
        return None


def _write(path: Path, value: Struct) -> None:
    try:
        _write_bytes(path, msgspec.json.encode(value))
    except OSError as exc:
        raise SettingsError(f"cannot write {path}: {exc.strerror or exc} (--state-dir)") from None


def _write_bytes(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)  # somebody may have cleaned up meanwhile
    temporary = path.with_suffix(".new")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        # Half a file would take the room that the next attempt needs.
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
