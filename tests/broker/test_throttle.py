from pitboard.broker.throttle import FAILURES, MAX_ADDRESSES, Throttle


def test_address_is_shut_out_for_a_minute_after_ten_failures_in_one() -> None:
    throttle = Throttle()
    for second in range(FAILURES - 1):
        throttle.failed("a", second)
    assert not throttle.is_closed_to("a", 10)

    throttle.failed("a", 10)

    assert throttle.is_closed_to("a", 10)
    assert throttle.is_closed_to("a", 69)
    assert not throttle.is_closed_to("a", 70)


def test_other_addresses_are_let_in() -> None:
    throttle = Throttle()
    for _ in range(FAILURES):
        throttle.failed("a", 0)

    assert not throttle.is_closed_to("b", 1)


def test_failures_far_apart_are_typing_errors() -> None:
    throttle = Throttle()
    for number in range(3 * FAILURES):
        throttle.failed("a", number * 10)

        assert not throttle.is_closed_to("a", number * 10)


def test_addresses_are_not_kept_for_ever() -> None:
    throttle = Throttle()
    for number in range(MAX_ADDRESSES + 5):
        throttle.failed(str(number), number / 1000)

    assert len(throttle._failures) == MAX_ADDRESSES
