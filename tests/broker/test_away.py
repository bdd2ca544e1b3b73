"""What is kept of clients that are away, and for how long, without any socket."""

from pitboard.broker.away import (
    KEPT_BYTES,
    KEPT_CLIENTS,
    KEPT_MESSAGES,
    KEPT_S,
    Absences,
    Away,
    State,
)


def away(since_s: float = 0.0, **filters: int) -> Away:
    return Away(State(filters=filters), since_s)


def test_client_is_kept_a_thousand_messages_and_the_oldest_go() -> None:
    client = away()
    for number in range(KEPT_MESSAGES + 5):
        client.send_soon("a", b"%d" % number, 1, retain=False)

    first = client.state.mailbox.next()

    assert len(client.state.mailbox) == KEPT_MESSAGES
    assert client.dropped == 5
    assert first is not None
    assert first.endswith(b"5")


def test_client_is_kept_one_mebibyte_its_filters_included() -> None:
    client = away(**{"f" * 1024: 1})
    for _ in range(20):
        client.send_soon("a", bytes(100 * 1024 - 1), 1, retain=False)

    assert client.state.mailbox.size == 10 * 100 * 1024 <= KEPT_BYTES - 1024
    assert client.dropped == 10


def test_qos_0_is_not_kept() -> None:
    client = away(a=0)

    client.send_now(b"\x30\x03\0\1a")

    assert len(client.state.mailbox) == 0


def test_what_a_client_left_unacknowledged_is_cut_down_when_it_leaves() -> None:
    """While connected it may have sixteen times as much on its way."""
    first = away()
    for number in range(10):
        first.send_soon("a", b"%d" % number, 1, retain=False)
    first.state.filters["f" * (KEPT_BYTES - 4)] = 1

    client = Away(first.state, 1.0)

    assert len(client.state.mailbox) == 2
    assert client.dropped == 8


def test_client_away_for_an_hour_is_due() -> None:
    absences = Absences()
    absences.add("early", away(0.0))
    absences.add("late", away(10.0))

    assert absences.due(KEPT_S - 1) == []
    assert absences.due(KEPT_S) == ["early"]
    assert absences.due(KEPT_S + 10) == ["early", "late"]


def test_client_away_longest_makes_room() -> None:
    absences = Absences()
    for number in range(KEPT_CLIENTS):
        absences.add(str(number), away())
    absences.remove("0")
    absences.add("0", away())
    assert absences.due(0.0) == []

    absences.add("one too many", away())

    assert absences.due(0.0) == ["1"]


def test_client_whose_filters_alone_take_all_room_is_due_at_once() -> None:
    absences = Absences()

    absences.add("greedy", away(**{"f" * KEPT_BYTES: 1}))

    assert absences.due(0.0) == ["greedy"]


def test_dropped_messages_are_counted_beyond_the_return_of_their_client() -> None:
    absences = Absences()
    client = away()
    absences.add("a", client)
    for _ in range(KEPT_MESSAGES + 3):
        client.send_soon("a", b"", 1, retain=False)
    assert absences.dropped == 3

    assert absences.remove("a") is client
    assert absences.remove("a") is None

    assert absences.dropped == 3
    assert len(absences) == 0
