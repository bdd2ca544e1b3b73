"""What strangers have a hand in, as a log may hold it."""

from pitboard.contract.log_lines import MAX_CAUSES, REPEAT_AFTER_S, OncePerMinute, printable


def test_cause_is_let_through_once_a_minute_with_how_many_were_held_back() -> None:
    once = OncePerMinute()

    said = [once.admit("a", now_s) for now_s in (0.0, 1.0, 59.9, REPEAT_AFTER_S, 61.0)]

    assert said == [0, None, None, 2, None]


def test_causes_are_bounded() -> None:
    once = OncePerMinute()
    for number in range(MAX_CAUSES):
        assert once.admit(str(number), 0.0) == 0

    assert once.admit("one more", 1.0) is None
    assert once.admit("one more", 61.0) == 0


def test_log_lines_cannot_be_forged() -> None:
    assert printable("a\n[Server] \x1b[31m\u202e" + "x" * 500).startswith("a?[Server] ?[31m?xxx")
    assert len(printable("x" * 500)) == 200
