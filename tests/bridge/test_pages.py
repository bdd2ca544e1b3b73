"""The dashboard's files, as one version."""

import json
import re
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from pitboard.bridge.pages import Pages, media_type

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text('<script src="/static/js/a.js"></script>')
    (tmp_path / "session.html").write_text('<link href="/static/a.css"><a href="/">')
    (tmp_path / "js" / "a.js").write_text('import "./b.js"; const path = "/static/x";')
    (tmp_path / "a.css").write_text("p {}")
    (tmp_path / "sw.js").write_text("serve(SHELL);")
    return tmp_path


def shell(pages: Pages) -> dict[str, Any]:
    script = pages.worker()
    assert script is not None
    line, _, _ = script.partition(b";\n")
    found: dict[str, Any] = json.loads(line.removeprefix(b"self.SHELL = "))
    return found


def test_pages_name_their_files_by_the_version(folder: Path) -> None:
    pages = Pages(folder)

    version = pages.version
    assert pages.get("session.html") == (
        f'<link href="/v/{version}/static/a.css"><a href="/">'.encode()
    )
    assert pages.path("js/a.js") == f"/v/{version}/static/js/a.js"


def test_files_other_than_pages_are_served_as_they_are(folder: Path) -> None:
    assert Pages(folder).get("js/a.js") == (folder / "js" / "a.js").read_bytes()


@pytest.mark.parametrize("name", ["index.html", "js/a.js", "sw.js"])
def test_version_differs_with_every_file(name: str, folder: Path) -> None:
    """A worker whose own text stays the same would never be replaced."""
    before = Pages(folder)
    (folder / name).write_text((folder / name).read_text() + " ")

    after = Pages(folder)

    assert before.version != after.version
    assert before.worker() != after.worker()


def test_version_differs_when_two_files_change_names(folder: Path) -> None:
    before = Pages(folder).version
    (folder / "a.css").rename(folder / "b.css")

    assert Pages(folder).version != before


def test_version_is_the_same_for_the_same_files(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Bridges side by side serve each other's files."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(folder, copy, dirs_exist_ok=True)

    assert Pages(copy).version == Pages(folder).version


def test_files_stay_of_one_version_when_they_change_under_the_bridge(folder: Path) -> None:
    pages = Pages(folder)
    before = pages.get("a.css")
    (folder / "a.css").write_text("p { color: red }")

    assert pages.get("a.css") == before


def test_worker_keeps_all_that_the_pages_need_but_itself(folder: Path) -> None:
    pages = Pages(folder)

    found = shell(pages)

    assert found["version"] == pages.version
    assert found["start"] == pages.path("index.html")
    assert found["session"] == pages.path("session.html")
    assert set(found["files"]) == {
        pages.path(name) for name in ("index.html", "session.html", "js/a.js", "a.css")
    }


def test_folder_without_files_is_no_dashboard(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "nowhere")

    assert pages.get("index.html") is None
    assert pages.worker() is None


def test_types_are_those_that_browsers_insist_on() -> None:
    assert media_type("js/main.js") == "text/javascript"
    assert media_type("style.css") == "text/css"
    assert media_type("icon.svg") == "image/svg+xml"
    assert media_type("icon-192.png") == "image/png"
    assert media_type("manifest.webmanifest") == "application/manifest+json"
    assert media_type("LICENSE") == "application/octet-stream"


def test_own_worker_names_only_files_that_there_are() -> None:
    pages = Pages(DASHBOARD)
    prefix = pages.path("")

    files = shell(pages)["files"]

    assert len(files) > 30
    assert all(pages.get(path.removeprefix(prefix)) is not None for path in files)


def test_icons_of_the_manifest_have_the_size_they_are_named_with() -> None:
    """Android offers to install the page only with a picture of 192 and one of 512."""
    icons = json.loads((DASHBOARD / "manifest.webmanifest").read_text())["icons"]
    pictures = [icon for icon in icons if icon["type"] == "image/png"]

    for icon in pictures:
        head = (DASHBOARD / icon["src"]).read_bytes()[:24]
        width, height = struct.unpack(">8x4x4xII", head)
        assert head.startswith(b"\x89PNG")
        assert icon["sizes"] == f"{width}x{height}"
    assert {icon["sizes"] for icon in pictures} == {"192x192", "512x512"}
    assert all((DASHBOARD / icon["src"]).is_file() for icon in icons)


def test_session_page_has_one_stylesheet_of_all_in_their_order(folder: Path) -> None:
    """A browser paints nothing before it has each of them, and asks for six at a time."""
    (folder / "b.css").write_text("p { color: red }")
    link = '    <link rel="stylesheet" href="/static/%s">\n'
    (folder / "session.html").write_text("<head>\n" + link % "b.css" + link % "a.css" + "</head>")

    pages = Pages(folder)

    path = pages.path("session.css")
    assert pages.get("session.html") == (
        f'<head>\n    <link rel="stylesheet" href="{path}">\n</head>'.encode()
    )
    assert pages.get("session.css") == b"p { color: red }\np {}"
    assert path in shell(pages)["files"]


def test_page_with_a_stylesheet_that_is_missing_stays_as_it_is(folder: Path) -> None:
    page = '<link rel="stylesheet" href="/static/no.css">\n'
    (folder / "session.html").write_text(page)

    pages = Pages(folder)

    assert pages.get("session.html") == page.replace("/static/", pages.path("")).encode()
    assert pages.get("session.css") is None


def test_page_names_every_module_that_it_imports(folder: Path) -> None:
    """A browser that is not told finds them level by level."""
    (folder / "session.html").write_text('<script type="module" src="/static/js/a.js"></script>')
    (folder / "js" / "a.js").write_text(
        'import {\n  x,\n} from "./deep/b.js";\n/** @import { T } from "./types.js" */\n'
        'const later = () => import("./later.js");\n'
    )
    (folder / "js" / "deep").mkdir()
    (folder / "js" / "deep" / "b.js").write_text(
        'export { y } from "../c.js";\nimport "../a.js";\n'
    )
    for name in ("c", "later", "types"):
        (folder / "js" / f"{name}.js").write_text("")

    pages = Pages(folder)

    page = (pages.get("session.html") or b"").decode()
    named = re.findall('<link rel="modulepreload" href="(.*?)">', page)
    assert named == [pages.path("js/c.js"), pages.path("js/deep/b.js")]


def test_page_names_a_module_once_though_two_scripts_import_it(folder: Path) -> None:
    (folder / "session.html").write_text(
        '<script type="module" async src="/static/js/a.js"></script>\n'
        '<script type="module" async blocking="render" src="/static/js/c.js"></script>'
    )
    (folder / "js" / "a.js").write_text('import "./b.js";')
    (folder / "js" / "b.js").write_text("")
    (folder / "js" / "c.js").write_text('import "./a.js";\nimport "./b.js";\nimport "./d.js";')
    (folder / "js" / "d.js").write_text("")

    pages = Pages(folder)

    page = (pages.get("session.html") or b"").decode()
    named = re.findall('<link rel="modulepreload" href="(.*?)">', page)
    assert named == [pages.path("js/b.js"), pages.path("js/d.js")]


def test_version_differs_when_a_page_is_served_otherwise(folder: Path) -> None:
    """Its files are kept for ever, also by who had them from another bridge."""
    before = Pages(folder)
    (folder / "js" / "a.js").write_text('import "./b.js";')
    (folder / "js" / "b.js").write_text("")

    assert Pages(folder).version != before.version


def test_first_picture_of_the_session_page_waits_for_few_modules() -> None:
    """Each costs some milliseconds before the first number is seen."""
    page = (Pages(DASHBOARD).get("session.html") or b"").decode()

    named = re.findall('<link rel="modulepreload" href="[^"]*/static/(.*?)">', page)
    assert 20 < len(named) <= 35
    assert page.count('rel="stylesheet"') == 1
    # What dials comes before all else, and with little.
    assert named[:2] == ["js/session_id.js", "js/web_socket.js"]
    assert page.index("js/early.js") < page.index('rel="stylesheet"')
    for late in ("js/whole_page.js", "js/view.js", "vendor/uplot/uPlot.esm.js"):
        assert late not in named
