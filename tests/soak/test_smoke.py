"""The whole system through one fault, in seconds: what `make soak` does in minutes."""

import os
from pathlib import Path

import pytest

from tests.brokers import has_mosquitto
from tests.soak.fleet import Fit, Fleet
from tests.soak.report import text
from tests.soak.schedule import Kind, Plan
from tests.soak.soak import Soak

pytestmark = [
    pytest.mark.system,
    pytest.mark.anyio,
    pytest.mark.skipif("PITBOARD_SOAK" not in os.environ, reason="make soak begins with it"),
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("broker", "kind"),
    [("embedded", Kind.KILL_BROKER), ("mosquitto", Kind.CUT_MONITORS)],
)
async def test_no_lap_is_lost_and_no_page_is_wrong_after(
    broker: str, kind: Kind, tmp_path: Path
) -> None:
    if broker == "mosquitto" and not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    plan = Plan(duration_s=1.0, seed=1, sessions=2, hit=1, kinds=(kind,), lasts_s={kind: 1.0})

    with Fleet(tmp_path, Fit(broker=broker, sessions=2, speed=100.0)) as fleet:
        result = await Soak(fleet, plan, 4, {}).run()

    assert result.is_good, text(result)
    assert [one.kind for one in result.recoveries] == [kind]
    assert result.recoveries[0].took_s
    assert result.laps >= 5
