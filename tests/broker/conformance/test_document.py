"""What the tests know of the brokers' differences stands in docs/brokers.md."""

from dataclasses import fields
from pathlib import Path

import pytest

from tests.broker.conformance.subjects import Traits
from tests.system.lineup import Kind

DOCUMENT = Path(__file__).parents[3] / "docs" / "brokers.md"


DIFFERENCES = [*fields(Traits), *(field for field in fields(Kind) if field.type is bool)]


@pytest.mark.parametrize("name", [field.name for field in DIFFERENCES])
def test_every_difference_has_its_row_with_each_broker_and_the_reason(name: str) -> None:
    (row,) = [line for line in DOCUMENT.read_text().splitlines() if f"| `{name}` |" in line]

    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == 6
    assert all(cells)
