"""Faults come when and where the seed says."""

from itertools import pairwise

import pytest

from tests.soak.schedule import Kind, Plan, faults


def plan(duration_s: float = 600.0, seed: int = 1, **fields: object) -> Plan:
    return Plan(duration_s=duration_s, seed=seed, **fields)  # type: ignore[arg-type]


def test_ten_minutes_have_every_kind_once() -> None:
    kinds = [fault.kind for fault in faults(plan())]

    assert sorted(kinds) == sorted(Kind)


def test_one_fault_comes_each_minute_and_ends_in_time_to_settle() -> None:
    hour = plan(3600.0)

    found = faults(hour)

    assert [fault.at_s - hour.lead_s for fault in found] == [60.0 * n for n in range(60)]
    for fault, following in pairwise(found):
        assert fault.at_s + fault.lasts_s + hour.settle_s <= following.at_s
    assert found[-1].at_s + found[-1].lasts_s + hour.settle_s <= 3600.0


def test_seed_alone_decides() -> None:
    assert faults(plan(36_000.0, seed=7)) == faults(plan(36_000.0, seed=7))
    assert faults(plan(36_000.0, seed=7)) != faults(plan(36_000.0, seed=8))


def test_longer_run_begins_as_the_shorter_one() -> None:
    """A fault late in a long night can be found again without the night."""
    assert faults(plan(36_000.0))[:10] == faults(plan(600.0))


def test_every_kind_comes_again_in_a_long_run() -> None:
    later = [fault.kind for fault in faults(plan(36_000.0))[10:]]

    assert set(later) == set(Kind)
    assert later[:10] != later[10:20]


def test_fault_of_monitors_hits_a_few_and_any_of_them() -> None:
    found = [fault for fault in faults(plan(36_000.0)) if fault.kind.hits_monitors]

    assert {len(fault.monitors) for fault in found} == {5}
    assert frozenset.union(*(fault.monitors for fault in found)) == frozenset(range(20))
    assert all(fault.hits(n) == (n in fault.monitors) for fault in found for n in range(20))


def test_fault_of_bridge_or_broker_is_felt_by_all() -> None:
    found = [fault for fault in faults(plan()) if not fault.kind.hits_monitors]

    assert {fault.monitors for fault in found} == {frozenset()}
    assert all(fault.hits(n) for fault in found for n in range(20))


def test_run_shorter_than_a_minute_has_one_fault() -> None:
    assert len(faults(plan(30.0))) == 1


def test_plan_without_time_to_settle_is_refused() -> None:
    with pytest.raises(ValueError, match="the next comes after 20"):
        plan(period_s=20.0)
