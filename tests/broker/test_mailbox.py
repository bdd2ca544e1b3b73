"""What waits for a client, and what it has not acknowledged, without any socket."""

import pytest

from pitboard.broker.mailbox import Letter, Mailbox
from tests.broker.clients import packet, text


def letter(number: int, qos: int = 1, topic: str = "a") -> Letter:
    return Letter(topic, b"%d" % number, qos, retain=False)


def publish(packet_id: int, number: int, qos: int = 1, *, is_repeated: bool = False) -> bytes:
    head = 0x30 | qos << 1 | (0x08 if is_repeated else 0)
    return packet(head, text("a") + packet_id.to_bytes(2, "big") + b"%d" % number)


def pubrel(packet_id: int) -> bytes:
    return packet(0x62, packet_id.to_bytes(2, "big"))


def sent(mailbox: Mailbox) -> list[bytes]:
    return list(iter(mailbox.next, None))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def test_letters_leave_in_order_each_with_a_packet_id_of_its_own(mailbox: Mailbox) -> None:
    for number in (1, 2, 3):
        mailbox.put(letter(number))

    assert sent(mailbox) == [publish(1, 1), publish(2, 2), publish(3, 3)]


def test_acknowledged_letter_is_done_with(mailbox: Mailbox) -> None:
    mailbox.put(letter(1))
    sent(mailbox)

    mailbox.acknowledge(1)

    mailbox.rewind()
    assert (sent(mailbox), len(mailbox), mailbox.size) == ([], 0, 0)


def test_letters_not_acknowledged_are_sent_again_first_and_marked(mailbox: Mailbox) -> None:
    for number in (1, 2, 3):
        mailbox.put(letter(number))
    mailbox.next()
    mailbox.next()
    mailbox.acknowledge(1)

    mailbox.rewind()

    assert sent(mailbox) == [publish(2, 2, is_repeated=True), publish(3, 3)]


def test_qos_2_letter_that_the_client_has_is_only_released_again(mailbox: Mailbox) -> None:
    """Sent again it would be delivered twice."""
    mailbox.put(letter(1, qos=2))
    sent(mailbox)
    mailbox.receive(1)
    assert mailbox.size == 0

    mailbox.rewind()
    assert sent(mailbox) == [pubrel(1)]

    mailbox.complete(1)
    assert len(mailbox) == 0


@pytest.mark.parametrize(
    ("qos", "wrong"),
    [
        pytest.param(1, "receive", id="PUBREC for QoS 1"),
        pytest.param(1, "complete", id="PUBCOMP for QoS 1"),
        pytest.param(2, "acknowledge", id="PUBACK for QoS 2"),
        pytest.param(2, "complete", id="PUBCOMP before PUBREC"),
    ],
)
def test_answer_of_another_handshake_changes_nothing(
    mailbox: Mailbox, qos: int, wrong: str
) -> None:
    mailbox.put(letter(1, qos))
    sent(mailbox)

    getattr(mailbox, wrong)(1)
    getattr(mailbox, wrong)(7)

    mailbox.rewind()
    assert sent(mailbox) == [publish(1, 1, qos, is_repeated=True)]


def test_packet_ids_start_over_and_pass_by_those_in_use(mailbox: Mailbox) -> None:
    mailbox.put(letter(0))
    mailbox.next()
    for packet_id in range(2, 65536):
        mailbox.put(letter(1))
        mailbox.next()
        mailbox.acknowledge(packet_id)

    mailbox.put(letter(2))

    assert mailbox.next() == publish(2, 2)


def test_trimmed_mailbox_loses_the_oldest_letters(mailbox: Mailbox) -> None:
    for number in range(1, 6):
        mailbox.put(letter(number))
    mailbox.next()
    mailbox.next()

    assert mailbox.trim(messages=4, size=100) == 1
    assert mailbox.trim(messages=100, size=4) == 2

    mailbox.rewind()
    assert sent(mailbox) == [publish(3, 4), publish(4, 5)]
    assert mailbox.size == 4


def test_size_counts_topics_too(mailbox: Mailbox) -> None:
    """A topic may have 64 KiB, many times what its message has."""
    mailbox.put(letter(1, topic="ä" * 100))

    assert mailbox.size == 201


def test_letters_on_topics_that_are_not_allowed_any_more_are_dropped(mailbox: Mailbox) -> None:
    for number, topic in enumerate("abab"):
        mailbox.put(letter(number, 2, topic))
        if number < 2:
            mailbox.next()

    mailbox.keep_only(lambda topic: topic == "a")

    mailbox.rewind()
    assert sent(mailbox) == [publish(1, 0, 2, is_repeated=True), publish(3, 2, 2)]
    assert mailbox.size == 4


def test_release_of_a_letter_outlasts_the_right_to_read_its_topic(mailbox: Mailbox) -> None:
    """The client waits for it, and it tells nothing."""
    mailbox.put(letter(1, qos=2))
    mailbox.next()
    mailbox.receive(1)

    mailbox.keep_only(lambda _topic: False)

    mailbox.rewind()
    assert sent(mailbox) == [pubrel(1)]
