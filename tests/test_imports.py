"""Who may import whom: read from the source, so that no import at run time is needed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("contract", "broker", "publisher", "bridge", "pitboard")

ALLOWED = {
    "contract": {"contract"},
    "broker": {"contract", "broker"},
    "publisher": {"contract", "publisher"},
    "bridge": {"contract", "bridge"},
}

ONLY_IN = {
    "paho": {"publisher/link.py", "bridge/client.py", "bridge/ingest.py"},
    "fastapi": {"bridge/app.py", "bridge/sockets.py"},
    "amqtt": {"broker/engine.py", "broker/exchange.py", "broker/peer.py", "broker/streams.py"},
}

DECIDING = [
    "publisher/lifecycle.py",
    "publisher/composer.py",
    "publisher/delivery.py",
    "publisher/goodbye.py",
    "publisher/retelling.py",
    "publisher/laps.py",
    "publisher/open_lap.py",
    "publisher/memory.py",
    "bridge/session.py",
    "bridge/outbox.py",
    "bridge/hub.py",
    "bridge/deflate.py",
    "bridge/tiers.py",
    "bridge/framing.py",
    "broker/expiry.py",
    "broker/encode.py",
    "broker/mailbox.py",
    "broker/away.py",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "contract").glob("*.py"))),
]
INPUT_AND_OUTPUT = {"asyncio", "socket", "threading", "time", "ssl", "select", "subprocess"}


def sources(package: str) -> Iterator[Path]:
    for path in sorted((ROOT / package).rglob("*.py")):
        # An editable install links the other folders into pitboard/.
        inside = path.relative_to(ROOT).parts
        if package != "pitboard" or inside[1] not in PACKAGES:
            yield path


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("package", ALLOWED)
def test_package_imports_only_what_it_may(package: str) -> None:
    for path in sources(package):
        ours = {name.split(".")[1] for name in imports(path) if name.startswith("pitboard.")}
        assert ours <= ALLOWED[package], path


@pytest.mark.parametrize("library", ONLY_IN)
def test_library_is_known_to_few_modules(library: str) -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in sources(package)
        if any(name.split(".")[0] == library for name in imports(path))
    }

    assert users == ONLY_IN[library]


@pytest.mark.parametrize("module", DECIDING)
def test_module_that_decides_does_no_input_or_output(module: str) -> None:
    names = {name.split(".")[0] for name in imports(ROOT / module)}

    assert not names & INPUT_AND_OUTPUT
