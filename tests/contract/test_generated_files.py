from pathlib import Path

import pytest

from tests.contract.documents import check, outputs, stale
from tests.contract.samples import ROOT


def test_generated_files_are_fresh() -> None:
    """`python docs/generate.py` writes them."""
    assert stale() == []


def test_check_succeeds_when_everything_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert check() == 0
    assert capsys.readouterr().out == ""


def test_check_finds_missing_changed_and_left_over_files(tmp_path: Path) -> None:
    for path, text in outputs().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "contract/schema/lap.schema.json").unlink()
    (tmp_path / "contract/schema/tyres.schema.json").write_text("{}")
    protocol = tmp_path / "docs/protocol.md"
    protocol.write_text(protocol.read_text(encoding="utf-8").replace("| `fuel` |", "| `gas` |"))

    assert [str(path) for path in stale(tmp_path)] == [
        "contract/schema/lap.schema.json",
        "contract/schema/tyres.schema.json",
        "docs/protocol.md",
    ]


def test_a_schema_is_kept_for_every_channel_and_both_directions() -> None:
    names = {path.name.split(".")[0] for path in (ROOT / "contract/schema").iterdir()}

    assert names == {
        *("status", "meta", "setup", "telemetry", "lap", "laps"),
        *("browser_frames", "bridge_frames"),
    }
