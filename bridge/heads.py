"""A page's head for the wire: one stylesheet, and every module named at once.

A browser that is not told finds out what a module imports only when it has it, level by level.
"""

import posixpath
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

_STYLESHEET = re.compile(rb' *<link rel="stylesheet" href="/static/([^"]+)">\n')
_SCRIPT = re.compile(rb' *<script type="module"[^>]* src="/static/([^"]+)">')
# A statement of its own, so neither an import in a comment nor `import()`, which is for later.
_IMPORT = re.compile(rb'^(?:import|export)\b[^"\'`();]*"(\.{1,2}/[^"]+)";', re.MULTILINE)


def with_one_stylesheet(name: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The page *name*, and what its stylesheets are in the page's order, as one beside it.

    A browser paints nothing before it has them all.
    """
    page = files[name]
    links = list(_STYLESHEET.finditer(page))
    contents = [files.get(link[1].decode()) for link in links]
    if not links or None in contents:
        return {name: page}
    sheet = f"{PurePosixPath(name).stem}.css"
    line = b'    <link rel="stylesheet" href="/static/%s">\n' % sheet.encode()
    rest = _STYLESHEET.sub(b"", page[links[0].end() :])
    joined = b"\n".join(content for content in contents if content is not None)
    return {name: page[: links[0].start()] + line + rest, sheet: joined}


def with_preloads(page: bytes, files: Mapping[str, bytes]) -> bytes:
    """The page with one link to each module that its scripts import, directly or not."""
    known = {script[1].decode() for script in _SCRIPT.finditer(page)}

    def named(script: re.Match[bytes]) -> bytes:
        modules = sorted(_imported(script[1].decode(), files) - known)
        known.update(modules)
        line = b'    <link rel="modulepreload" href="/static/%s">\n'
        return b"".join(line % module.encode() for module in modules) + script[0]

    return _SCRIPT.sub(named, page)


def _imported(script: str, files: Mapping[str, bytes]) -> set[str]:
    found: set[str] = set()
    unread = [script]
    while unread:
        name = unread.pop()
        for path in _IMPORT.findall(files.get(name, b"")):
            module = posixpath.normpath(posixpath.join(posixpath.dirname(name), path.decode()))
            if module in files and module not in found:
                found.add(module)
                unread.append(module)
    return found - {script}
