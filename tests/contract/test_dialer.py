import pytest

from pitboard.contract.backoff import Backoff
from pitboard.contract.dialer import REFUSED_DELAY_S, Dialer
from pitboard.contract.urls import BrokerUrl

ONE, TWO = BrokerUrl.parse("mqtt://one"), BrokerUrl.parse("mqtt://two")


@pytest.fixture
def single() -> Dialer:
    return Dialer([ONE], Backoff(jitter=0))


@pytest.fixture
def double() -> Dialer:
    return Dialer([ONE, TWO], Backoff(jitter=0))


def test_dialer_waits_longer_after_each_failure(single: Dialer) -> None:
    assert [single.failed() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_dialer_waits_a_second_after_a_connection_was_lost(single: Dialer) -> None:
    for _ in range(5):
        single.failed()
    single.accepted()

    assert single.lost() == 1
    assert single.failed() == 2


def test_dialer_tries_every_broker_before_it_waits(double: Dialer) -> None:
    tried = []
    waits = []
    for _ in range(4):
        tried.append(double.url)
        waits.append(double.failed())

    assert tried == [ONE, TWO, ONE, TWO]
    assert waits == [0, 1, 0, 2]


def test_dialer_begins_with_the_first_broker_when_the_second_is_lost(double: Dialer) -> None:
    double.failed()
    double.accepted()

    assert double.lost() == 1
    assert double.url == ONE


def test_dialer_asks_slowly_after_a_refusal(single: Dialer) -> None:
    waits = [single.failed(is_refused=True) for _ in range(7)]

    assert waits == [REFUSED_DELAY_S] * 5 + [32, 60]
    assert single.is_refused


def test_dialer_asks_slowly_when_one_broker_of_the_round_refused(double: Dialer) -> None:
    double.failed(is_refused=True)

    assert double.failed() == REFUSED_DELAY_S
    assert not double.is_refused


def test_dialer_forgets_a_refusal_once_it_is_accepted(single: Dialer) -> None:
    single.failed(is_refused=True)
    single.accepted()

    assert not single.is_refused
    assert single.failed() == 1
