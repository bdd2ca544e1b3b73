"""What `deploy` holds is what its programs take, as far as they are installed here."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pitboard import mosquitto_conf
from pitboard.cli import app
from tests.brokers import TIMEOUT_S
from tests.certificates import Certificates, has_openssl
from tests.system.nats import missing_nats

DEPLOY = Path(__file__).parents[1] / "deploy"
COMPOSE = sorted(DEPLOY.glob("compose*.yml"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))

_SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def program(name: str) -> str:
    found = shutil.which(name, path=_SEARCH)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def said(*command: str, folder: Path | None = None) -> str:
    """What a program writes that must succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=6 * TIMEOUT_S,
        check=False,
        env={**os.environ, "PITBOARD_HOST": "pit.example", "PITBOARD_BRIDGES": "a:8000 b:8000"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of `deploy` with a certificate, everything that is outside of it moved inside."""
    if not has_openssl():
        pytest.skip("no openssl here")
    folder = tmp_path / "deploy"
    shutil.copytree(DEPLOY, folder)
    Certificates(tmp_path)
    (folder / "nats" / "users.nats.conf").write_text("")
    for path in [*folder.rglob("*.conf")]:
        text = re.sub(
            r"/etc/pitboard/[\w.]+\.(crt|key)", rf"{tmp_path}/server.\1", path.read_text()
        )
        text = text.replace("/run/", f"{tmp_path}/").replace("/var/log/nginx/", f"{tmp_path}/")
        path.write_text(text.replace("/var/lib/nats", f"{tmp_path}/store"))
    return folder


@pytest.mark.skipif(missing_nats() is not None, reason="nats-server is not installed")
@pytest.mark.parametrize("name", ["node-1", "node-2", "node-3", "front-1", "front-2"])
def test_nats_takes_each_node(copied: Path, name: str) -> None:
    conf = copied / "nats" / f"{name}.conf"

    assert "is valid" in said(program("nats-server"), "-t", "-c", str(conf))


@pytest.mark.parametrize(("kind", "count"), [("node", 3), ("front", 2)])
def test_nats_nodes_of_a_kind_differ_in_their_names_alone(kind: str, count: int) -> None:
    paths = [DEPLOY / "nats" / f"{kind}-{number}.conf" for number in range(1, count + 1)]

    texts = {re.sub(r"(?i)((nats|node|front)[- ])\d", r"\1N", path.read_text()) for path in paths}

    assert len(texts) == 1


def test_nats_clients_come_in_by_the_nodes_that_keep_nothing() -> None:
    """A node that both keeps values and has clients costs them an election when it dies."""
    nats = DEPLOY / "nats"

    for path in nats.glob("node-*.conf"):
        assert '"store.conf"' in path.read_text()
        assert '"front.conf"' not in path.read_text()
    for path in nats.glob("front-*.conf"):
        assert '"store.conf"' not in path.read_text()
        assert '"front.conf"' in path.read_text()


def test_nginx_takes_its_settings(copied: Path) -> None:
    conf = copied / "nginx" / "nginx.conf"
    conf.write_text(
        conf.read_text().replace("bridge-1:", "127.0.0.1:").replace("bridge-2:", "[::1]:")
    )

    assert "test is successful" in said(program("nginx"), "-t", "-c", str(conf))


def test_caddy_sends_browsers_to_both_bridges_and_no_one_to_the_inside() -> None:
    conf = DEPLOY / "caddy" / "Caddyfile"

    adapted = said(program("caddy"), "adapt", "--config", str(conf), "--adapter", "caddyfile")

    assert '"upstreams":[{"dial":"a:8000"},{"dial":"b:8000"}]' in adapted
    assert '"path":["/metrics","/livez","/readyz"]' in adapted


def test_mosquitto_has_what_init_writes() -> None:
    """One text for those who run `pitboard mosquitto init` and for those who read `deploy`."""
    etc = Path("/etc/pitboard")

    assert (DEPLOY / "mosquitto" / "mosquitto.conf").read_text() == mosquitto_conf.settings(
        etc / "mosquitto.conf",
        user="mosquitto",
        port=1883,
        tls=(8883, etc / "server.crt", etc / "server.key"),
        passwords=etc / "users.mosquitto-passwords",
        acl=etc / "users.mosquitto-acl",
        store=etc / "store",
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text().replace("/opt/pitboard/bin/pitboard", sys.executable)
    for server in ("nats-server", "mosquitto"):
        text = text.replace(f"/usr/sbin/{server}", sys.executable)
    path = tmp_path / unit.name.replace("@", "@8000")
    path.write_text(text)

    assert said(program("systemd-analyze"), "verify", str(path)) == ""


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_compose_names_files_that_are_there_and_commands_that_pitboard_has(path: Path) -> None:
    services = yaml.safe_load(path.read_text())["services"]

    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            # `team` is what the person makes.
            if source.startswith("./") and source != "./team":
                assert (DEPLOY / source).exists()
        if service.get("image") == "pitboard" and "entrypoint" not in service:
            flags = [word.partition("=")[0] for word in service["command"][1:]]
            offered = CliRunner().invoke(app, ["bridge", "--help"], terminal_width=200).output
            assert [flag for flag in flags if flag not in offered] == []


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_docker_takes_the_composition(path: Path) -> None:
    docker = program("docker")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")

    said(docker, "compose", "-f", str(path), "config", "--quiet")
