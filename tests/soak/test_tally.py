"""Every lap that is lost, doubled or misplaced is seen; and none where all is well."""

from pitboard.contract.times import to_unix_ms
from tests.soak.tally import Book, Key, Row, Verdict, Witness, holes

BIRTH = 5


def row(lap: int, run: int = 1, *, second: int | None = None) -> Row:
    """A lap that ended in this second, the one of its number if not given."""
    return Row(run, lap, f"2026-06-13T18:{run:02}:{lap if second is None else second:02}.000Z")


ENDED_MS = to_unix_ms(row(1).finished_at)


def rows(*laps: int) -> list[Row]:
    return [row(lap) for lap in laps]


def book(*chunks: list[Row]) -> Book:
    made = Book()
    for number, chunk in enumerate(chunks):
        made.take_chunk(number, chunk)
    return made


def lost(*keys: Key) -> Verdict:
    return Verdict(lost=set(keys))


def test_table_that_equals_what_was_driven_is_right() -> None:
    two_runs = [*rows(1, 2, 3), row(1, run=2)]

    assert book(two_runs).verdict(two_runs) == Verdict()


def test_lap_that_no_browser_got_is_lost() -> None:
    assert book(rows(1, 3)).verdict(rows(1, 2, 3)) == lost((1, 2))


def test_event_counts_as_long_as_its_chunk_has_not_come() -> None:
    reader = book(rows(1, 2))

    reader.take_event(row(3), BIRTH, retained=False)

    assert reader.rows() == rows(1, 2, 3)
    assert reader.verdict(rows(1, 2, 3)) == Verdict()


def test_event_and_chunk_of_one_lap_are_one_lap() -> None:
    reader = book()

    reader.take_event(row(1), BIRTH, retained=False)
    reader.take_chunk(0, rows(1))

    assert reader.rows() == rows(1)
    assert reader.verdict(rows(1)) == Verdict()


def test_lap_that_was_shown_and_that_its_monitor_forgot_is_lost() -> None:
    """A monitor that dies before it has saved a lap must not have told of it."""
    reader = book(rows(1, 2))

    reader.take_chunk(0, rows(1))

    assert reader.verdict(rows(1)) == lost((1, 2))


def test_lap_that_was_driven_and_never_written_is_lost() -> None:
    reader = book(rows(1))

    reader.take_witness(Witness((1, 2), ENDED_MS, ENDED_MS))

    assert reader.verdict(rows(1)) == lost((1, 2))


def test_lap_that_was_taken_for_an_older_one_is_lost() -> None:
    """A monitor that begins run 1 again after a crash has its laps already, it thinks."""
    reader = book(rows(1))

    reader.take_witness(Witness((1, 1), ENDED_MS + 1000, ENDED_MS + 1100))

    assert reader.verdict(rows(1)) == lost((1, 1))


def test_lap_that_ended_between_the_frames_that_witness_it_is_there() -> None:
    """A slow browser may see one frame in ten seconds."""
    reader = book(rows(1))

    reader.take_witness(Witness((1, 1), ENDED_MS - 9000, ENDED_MS + 1000))

    assert reader.verdict(rows(1)) == Verdict()


def test_lap_that_vanishes_from_the_table_for_good_is_lost() -> None:
    reader = book(rows(1, 2))

    reader.take_chunk(0, rows(1))

    assert reader.verdict(rows(1, 2)) == lost((1, 2))


def test_cleared_chunk_takes_its_laps_along() -> None:
    reader = book(rows(1), rows(2))

    reader.remove_chunk(1)

    assert reader.verdict(rows(1, 2)) == lost((1, 2))


def test_cleared_event_takes_its_lap_along() -> None:
    reader = book(rows(1))
    reader.take_event(row(2), BIRTH, retained=False)

    reader.remove_events()

    assert reader.verdict(rows(1, 2)) == lost((1, 2))


def test_lap_in_two_chunks_is_duplicated() -> None:
    assert book(rows(1, 2), rows(2)).verdict(rows(1, 2)).duplicated == {(1, 2)}


def test_chunk_that_comes_again_duplicates_nothing() -> None:
    reader = book(rows(1, 2))

    reader.take_chunk(0, rows(1, 2))

    assert reader.verdict(rows(1, 2)) == Verdict()


def test_identity_that_was_given_to_two_laps_is_duplicated() -> None:
    """A monitor that begins run 1 again after a crash writes over the laps of the first."""
    reader = book(rows(1))

    reader.take_event(row(1, second=40), BIRTH + 1, retained=False)
    reader.take_chunk(0, rows(1))

    assert reader.verdict(rows(1)).duplicated == {(1, 1)}


def test_lap_that_differs_from_the_one_on_disk_is_duplicated() -> None:
    assert book([row(1, second=40)]).verdict(rows(1)).duplicated == {(1, 1)}


def test_rows_of_a_chunk_in_the_wrong_order_are_seen() -> None:
    assert book(rows(1, 3, 2)).verdict(rows(1, 2, 3)).out_of_order == {(1, 2)}


def test_lap_that_ended_before_the_one_it_follows_is_out_of_order() -> None:
    odd = [row(1, second=30), row(2, second=20)]

    assert (1, 2) in book(odd).verdict(odd).out_of_order


def test_live_events_of_one_connection_must_rise() -> None:
    reader = book(rows(1, 2))

    reader.take_event(row(2), BIRTH, retained=False)
    reader.take_event(row(1), BIRTH, retained=False)

    assert reader.verdict(rows(1, 2)).out_of_order == {(1, 1)}


def test_unacknowledged_laps_may_come_again_on_the_next_connection() -> None:
    reader = book(rows(1, 2))

    for birth in (BIRTH, BIRTH + 1):
        reader.take_event(row(1), birth, retained=False)
        reader.take_event(row(2), birth, retained=False)

    assert reader.verdict(rows(1, 2)) == Verdict()


def test_event_that_the_broker_replays_is_no_event_out_of_order() -> None:
    reader = book(rows(1, 2))

    reader.take_event(row(2), BIRTH, retained=False)
    reader.take_event(row(2), BIRTH, retained=True)

    assert reader.verdict(rows(1, 2)) == Verdict()


def test_hole_in_the_numbers_of_a_run_is_seen() -> None:
    assert holes([*rows(1, 3), row(2, run=2)]) == {(1, 2), (2, 1)}
    assert holes([*rows(1, 2), row(1, run=2)]) == set()


def test_verdicts_of_all_browsers_count_each_lap_once() -> None:
    total = lost((1, 1))

    total.add(Verdict(lost={(1, 1), (1, 2)}, duplicated={(1, 3)}, out_of_order={(1, 4)}))

    assert total == Verdict(lost={(1, 1), (1, 2)}, duplicated={(1, 3)}, out_of_order={(1, 4)})
