"""Recorded data that lies beside the repository on some machines and is never committed."""

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"

PORSCHE_LAP = DATA / "lmu" / "lap_spa_gte_porsche.csv"
SETUP = DATA / "lmu" / "rest_garage_UIScreen_CarSetupOverview.json"

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded data is not here")
