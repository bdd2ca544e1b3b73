"""The dashboard's files, all of one version.

They are read once: an upgrade under a running bridge shows when it is restarted. Pages name their
files by the version, so no browser ever mixes the files of two.
"""

import hashlib
import mimetypes
from pathlib import Path

import msgspec

from pitboard.bridge.heads import with_one_stylesheet, with_preloads

START = "index.html"
SESSION = "session.html"
CARS = "cars.html"
WORKER = "sw.js"

# Windows takes the type from its registry, where editors leave text/plain.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")


class Pages:
    """The files of *folder*, by their path in it.

    Attributes:
        version: Differs if any file differs; 16 hexadecimal digits.
    """

    def __init__(self, folder: Path) -> None:
        found = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        # The other pages have so few stylesheets that one would gain nothing.
        if SESSION in found:
            found |= with_one_stylesheet(SESSION, found)
        for name in {START, SESSION, CARS} & found.keys():
            found[name] = with_preloads(found[name], found)
        self.version = _digest(found)
        self._files = {
            name: self._with_version(content) if name in (START, SESSION, CARS) else content
            for name, content in found.items()
        }

    def get(self, name: str) -> bytes | None:
        """The content of a file, or `None`; pages name what they need by its `path`."""
        return self._files.get(name)

    def path(self, name: str) -> str:
        """Where a file of this version is served."""
        return f"/v/{self.version}/static/{name}"

    def worker(self) -> bytes | None:
        """The service worker, with the list of what it keeps in front."""
        script = self._files.get(WORKER)
        if script is None:
            return None
        shell = {
            "version": self.version,
            "start": self.path(START),
            "session": self.path(SESSION),
            "cars": self.path(CARS),
            "files": [self.path(name) for name in self._files if name != WORKER],
        }
        return b"self.SHELL = " + msgspec.json.encode(shell) + b";\n" + script

    def _with_version(self, page: bytes) -> bytes:
        return page.replace(b'"/static/', f'"{self.path("")}'.encode())


def media_type(name: str) -> str:
    """What a browser is told that the file is."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(b"%s\0%d\0" % (name.encode(), len(content)))
        digest.update(content)
    return digest.hexdigest()[:16]
