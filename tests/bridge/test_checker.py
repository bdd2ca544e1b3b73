"""Raw broker messages to checked ones."""

import pytest

from pitboard.bridge.checker import Checker, reason
from pitboard.contract.errors import Invalid, Malformed
from tests.bridge.support import message, payload, topic
from tests.contract.samples import Bad, bad_samples


def test_good_message_is_decoded_and_counted() -> None:
    checker = Checker()
    where, what, body = message("setup")

    assert checker.check(str(where), body, 0.0) == (where, what)
    assert checker.accepted == {"setup": 1}


def test_empty_payload_is_a_cleared_topic() -> None:
    assert Checker().check(str(topic("setup")), b"", 0.0) == (topic("setup"), None)


@pytest.mark.parametrize(
    "name",
    [
        "pitboard/v1//pc-1/setup",
        "pitboard/v1/../x/setup",
        "pitboard/v1/spa/pc-1/setup/extra",
        "pitboard/v1/spa",
        "/pitboard/v1/spa/pc-1/setup",
        "pitboard/v1/Spa/pc-1/setup",
        "pitboard/v1/" + "a" * 1000 + "/pc-1/setup",
        "a" * 65_535,
        "pitboard/v1/spa\u202e/pc-1/setup",
        "pitboard/v1/spa/pc-1/foo",
        "pitboard/v1/spa%2Fx/pc-1/setup",
        "",
    ],
    ids=range(12),
)
def test_foreign_topic_is_refused(name: str, caplog: pytest.LogCaptureFixture) -> None:
    checker = Checker()

    assert checker.check(name, payload("setup"), 0.0) is None
    assert checker.rejected == {("topic", "-"): 1}
    assert len(caplog.text) < 700


@pytest.mark.parametrize(
    "sample",
    [sample for sample in bad_samples() if sample.payload],  # an empty one clears the topic
    ids=lambda sample: sample.name,
)
def test_bad_sample_is_refused(sample: Bad, caplog: pytest.LogCaptureFixture) -> None:
    checker = Checker()

    assert checker.check(sample.topic, sample.payload, 0.0) is None
    assert checker.rejected.total() == 1
    (record,) = caplog.records
    assert record.getMessage().startswith("[Server] ERROR")


def test_cause_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    checker = Checker()
    for now in (0.0, 1.0, 59.0, 60.0):
        checker.check(str(topic("setup")), b"{", now)

    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == [
        f"topic={topic('setup')}",
        "repeated=2",
    ]
    assert checker.rejected == {("malformed", "setup"): 4}


def test_incomplete_telemetry_is_forwarded_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = payload("telemetry", telemetry={"lap": 1})

    checker = Checker()
    for now in (0.0, 1.0):
        assert checker.check(str(topic("telemetry")), body, now) is not None

    assert checker.rejected == {}
    assert len(caplog.records) == 1

    expected = "[Server] WARNING: Telemetry missing required fields: ['fuel', 'position']"
    assert caplog.records[0].getMessage() == f"{expected} topic={topic('telemetry')}"


def test_silent_checker_counts_only(caplog: pytest.LogCaptureFixture) -> None:
    checker = Checker(is_silent=True)
    checker.check("x", b"{}", 0.0)
    checker.check(str(topic("telemetry")), payload("telemetry", telemetry={}), 0.0)
    checker.refuse_topic(0.0)

    assert caplog.records == []
    assert checker.rejected == {("topic", "-"): 2}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Invalid("Object missing required field `session_id`"), "ERROR: Missing session_id in x"),
        (
            Invalid("Object missing required field `lap` - at `$.lap_summary`"),
            "ERROR: Missing lap_summary.lap in x",
        ),
        (Invalid("Expected `int`"), "ERROR handling x: invalid: Expected `int`"),
        (Malformed("a\r\nb"), "ERROR handling x: malformed: a??b"),
    ],
)
def test_reason_is_said_in_words(error: Invalid | Malformed, text: str) -> None:
    assert reason("x", error) == text
