"""Files that people hand us: read with a size limit, every failure told in one line."""

from pathlib import Path

from pitboard.contract.errors import SettingsError

TEXT_LENGTH = 64
"""The longest text of the contract."""


def read_bytes(path: Path, limit: int) -> bytes:
    """The file's bytes. Raises `SettingsError` when it is missing, unreadable or too large."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as exc:
        raise unreadable(path, exc) from exc
    if len(data) > limit:
        raise SettingsError(f"{path}: larger than {limit // 1024} KiB")
    return data


def read_text(path: Path, limit: int) -> str:
    """The file's text with plain line ends and no byte order mark. Raises `SettingsError`."""
    data = read_bytes(path, limit)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise SettingsError(f"{path}, line {line}: not UTF-8 text") from exc
    if not text.strip():
        raise SettingsError(f"{path}: the file is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unreadable(path: Path, exc: OSError) -> SettingsError:
    """What to tell a person whose file cannot be opened."""
    return SettingsError(f"{path}: cannot be read: {exc.strerror or exc}")


def cut(text: str | None) -> str | None:
    """*text* as the contract takes it, or `None` when nothing is left."""
    if text is None:
        return None
    return text.replace("\0", "").strip()[:TEXT_LENGTH] or None
