import pytest

from pitboard.publisher.echo import HEARD_WITHIN_S, Echo, Trouble


@pytest.fixture
def echo() -> Echo:
    """Of a monitor that has announced itself at 100 s under birth 10."""
    echo = Echo()
    echo.began(10)
    echo.read_back(99, is_first=True)
    echo.announced(100.0)
    return echo


def reconnect(echo: Echo, birth: int, *births_read: int) -> None:
    echo.disconnected()
    echo.began(birth)
    for read in births_read:
        echo.read_back(read, is_first=False)
    echo.announced(200.0)


def test_monitor_whose_status_comes_back_has_no_trouble(echo: Echo) -> None:
    echo.heard(10)

    assert echo.trouble(1000.0) is None
    assert echo.due_s(1000.0) is None


def test_monitor_that_hears_nothing_of_itself_is_unheard(echo: Echo) -> None:
    due_s = echo.due_s(100.0)

    assert due_s == 100.0 + HEARD_WITHIN_S
    assert echo.trouble(due_s - 0.1) is None
    assert echo.trouble(due_s) is Trouble.UNHEARD
    assert echo.due_s(due_s) is None


def test_monitor_that_hears_only_its_old_wills_is_unheard(echo: Echo) -> None:
    reconnect(echo, 11)
    echo.heard(10)

    assert echo.trouble(300.0) is Trouble.UNHEARD


def test_monitor_that_is_heard_late_has_no_trouble_any_more(echo: Echo) -> None:
    assert echo.trouble(200.0) is Trouble.UNHEARD

    echo.heard(10)

    assert echo.trouble(200.0) is None


def test_lost_connection_is_not_unheard(echo: Echo) -> None:
    echo.disconnected()

    assert echo.trouble(1000.0) is None


def test_unheard_monitor_stays_so_over_a_reconnect_until_it_is_heard(echo: Echo) -> None:
    """A line that breaks meanwhile says nothing of the broker's rules."""
    assert echo.trouble(150.0) is Trouble.UNHEARD

    reconnect(echo, 11, 10)
    told = [echo.trouble(200.0)]
    echo.heard(11)

    assert [*told, echo.trouble(200.0)] == [Trouble.UNHEARD, None]


def test_birth_of_a_stranger_in_the_read_back_is_a_twin(echo: Echo) -> None:
    reconnect(echo, 12, 10, 11)

    assert echo.trouble(200.0) is Trouble.TWIN


def test_birth_that_we_are_about_to_use_is_a_twin(echo: Echo) -> None:
    """Both count in seconds, and both came back in the same one."""
    reconnect(echo, 12, 12)

    assert echo.trouble(200.0) is Trouble.TWIN


def test_own_births_and_older_ones_in_the_read_back_are_no_twin(echo: Echo) -> None:
    """The last chunks of the lap table keep the births of earlier days."""
    reconnect(echo, 11, 10)
    reconnect(echo, 12, 3, 10, 11)

    assert echo.trouble(200.0) is None


def test_stranger_who_speaks_while_we_are_announced_is_a_twin(echo: Echo) -> None:
    echo.heard(11)

    assert echo.trouble(100.0) is Trouble.TWIN


def test_twin_that_is_gone_is_forgotten(echo: Echo) -> None:
    reconnect(echo, 12, 11)
    reconnect(echo, 13, 12)

    assert echo.trouble(200.0) is None
