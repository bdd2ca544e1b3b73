from pitboard.contract.backoff import Backoff


def test_backoff_doubles_up_to_its_maximum() -> None:
    backoff = Backoff(1, 60, 0, lambda: 0.5)

    assert [backoff.next_s() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_backoff_starts_over_after_a_success() -> None:
    backoff = Backoff(1, 60, 0, lambda: 0.5)
    backoff.next_s()
    backoff.next_s()

    backoff.reset()

    assert backoff.next_s() == 1


def test_backoff_shifts_each_wait_by_at_most_its_jitter() -> None:
    """Many monitors must not come back at the same moment."""
    draws = iter([0.0, 1.0, 0.5])
    backoff = Backoff(10, 10, 0.2, lambda: next(draws))

    assert [backoff.next_s() for _ in range(3)] == [8, 12, 10]
