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


def test_dialer_leaves_a_broker_that_hangs_up_for_the_next(double: Dialer) -> None:
    """One that lets everybody in and serves nobody would hold us for ever."""
    waits = [double.lost()]
    assert double.url == TWO
    assert not double.is_round_over
    waits += [double.failed(), double.lost(), double.failed()]

    assert waits == [0, 1, 0, 2]


def test_dialer_counts_no_failure_when_a_connection_is_lost(single: Dialer) -> None:
    assert [single.lost(), single.lost()] == [1, 2]
    assert single.failures == 0


def test_dialer_asks_slowly_after_a_refusal(single: Dialer) -> None:
    waits = [single.refused()[0] for _ in range(7)]

    assert waits == [REFUSED_DELAY_S] * 7


def test_dialer_asks_slowly_when_one_broker_of_the_round_refused(double: Dialer) -> None:
    double.refused()

    assert double.failed() == REFUSED_DELAY_S


def test_refusal_of_each_broker_is_news_once(double: Dialer) -> None:
    """Whatever the other brokers of the list do meanwhile."""
    news = []
    for _ in range(2):
        news.append(double.refused()[1])
        double.failed()
    double.failed()
    news += [double.refused()[1], double.refused()[1], double.refused()[1]]

    assert news == [True, False, True, False, False]


def test_dialer_forgets_a_refusal_once_it_is_accepted(single: Dialer) -> None:
    single.refused()
    single.accepted()

    assert single.failed() == 1
    assert single.refused()[1]
