"""The dashboard's files, as one version."""

import json
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
