import pytest

from pitboard.broker.rules import ANYTHING, rules_of
from pitboard.broker.users import Role, new_user

MONITOR = rules_of(new_user(Role.MONITOR, "x", name="ada", session_id="spa24"))
BRIDGE = rules_of(new_user(Role.BRIDGE, "x", name="bridge"))
ADMIN = rules_of(new_user(Role.ADMIN, "x", name="boss"))

OWN = "pitboard/v1/spa24/pc-1/status"
FOREIGN = "pitboard/v1/monza-7/pc-1/status"
NEXT_DOOR = "pitboard/v1/spa24-2/pc-1/status"


@pytest.mark.parametrize(
    ("topic", "monitor", "bridge", "admin", "anybody"),
    [
        (OWN, True, False, True, True),
        (FOREIGN, False, False, True, True),
        (NEXT_DOOR, False, False, True, True),
        ("pitboard/v2/spa24/pc-1/status", False, False, False, True),
        ("other", False, False, False, True),
        ("$SYS/x", False, False, False, False),
        (OWN + 28 * "/x", False, False, False, False),
    ],
)
def test_who_may_publish(
    topic: str, *, monitor: bool, bridge: bool, admin: bool, anybody: bool
) -> None:
    assert MONITOR.may_publish(topic) is monitor
    assert BRIDGE.may_publish(topic) is bridge
    assert ADMIN.may_publish(topic) is admin
    assert ANYTHING.may_publish(topic) is anybody


@pytest.mark.parametrize(
    ("topic_filter", "monitor", "others", "anybody"),
    [
        ("pitboard/v1/spa24/#", True, True, True),
        ("pitboard/v1/spa24/+/status", True, True, True),
        ("pitboard/v1/spa24", True, True, True),
        ("pitboard/v1/+/+/status", False, True, True),
        ("pitboard/v1/spa24-2/#", False, True, True),
        ("pitboard/v1/#", False, True, True),
        ("pitboard/+/spa24/#", False, False, True),
        ("#", False, False, True),
        ("+/v1/spa24/#", False, False, True),
        ("$SYS/#", False, False, False),
        ("$share/a/pitboard/v1/spa24/#", False, False, False),
        ("pitboard/v1/spa24" + 29 * "/+", True, True, True),
        ("pitboard/v1/spa24" + 29 * "/+" + "/#", False, False, False),
    ],
)
def test_who_may_subscribe(
    topic_filter: str, *, monitor: bool, others: bool, anybody: bool
) -> None:
    assert MONITOR.may_subscribe(topic_filter) is monitor
    assert BRIDGE.may_subscribe(topic_filter) is others
    assert ADMIN.may_subscribe(topic_filter) is others
    assert ANYTHING.may_subscribe(topic_filter) is anybody
