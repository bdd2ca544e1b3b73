import pytest
from msgspec import structs

from pitboard.broker import users as files
from pitboard.broker.users import Role, User, Users, hashed, new_password, new_user, with_nats
from pitboard.contract.errors import SettingsError


@pytest.fixture(scope="module")
def ada() -> User:
    return new_user(Role.MONITOR, "secret", name="ada", session_id="spa24")


def test_user_is_found_by_name_and_password(ada: User) -> None:
    users = Users(users=(ada, new_user(Role.BRIDGE, "other", name="bridge")))

    assert users.find("ada", b"secret") == ada
    assert users.find("ada", b"other") is None
    assert users.find("eve", b"secret") is None
    assert users.find(None, None) is None
    assert users.find("ada", None) is None


def test_password_is_not_kept(ada: User) -> None:
    assert b"secret" not in files.encode(Users(users=(with_nats(ada, "secret"),)))


def test_equal_passwords_are_hashed_differently() -> None:
    assert hashed("secret") != hashed("secret")


def test_passwords_have_256_bits_and_differ() -> None:
    made = {new_password() for _ in range(100)}

    assert len(made) == 100
    assert min(map(len, made)) >= 43


def test_users_come_back_from_their_file(ada: User) -> None:
    users = Users(users=(ada, new_user(Role.ADMIN, "x", name="boss")))

    assert files.decode(files.encode(users)) == users


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[1]", id="another shape"),
        pytest.param(b"\xff", id="not text"),
        pytest.param(b'{"users":[{"name":"a","role":"king","password":"x"}]}', id="unknown role"),
    ],
)
def test_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(SettingsError):
        files.decode(data)


GOOD_HASH = "$7$101$YWFhYWFhYWFhYWFh$" + "A" * 86 + "=="


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param("x", id="no hash"),
        pytest.param("$7$101$a$a", id="not base64"),
        pytest.param(GOOD_HASH.replace("YWFh$", "YQ==YQ==$"), id="salt with a pad inside"),
        pytest.param(GOOD_HASH.replace("$101$", "$0$"), id="no rounds"),
        pytest.param("$7$101$YWFhYWFhYWFhYWFh$YWFh", id="short digest"),
    ],
)
def test_hash_that_cannot_be_checked_is_refused_with_the_name_of_its_user(stored: str) -> None:
    """Else each of his logins would be an error in the broker."""
    good, bad = (
        User(name="ada", role=Role.BRIDGE, password=password) for password in (GOOD_HASH, stored)
    )
    users = Users(users=(good,))
    assert files.decode(files.encode(users)) == users
    assert users.find("ada", b"x") is None

    with pytest.raises(SettingsError, match="user ada has a damaged password"):
        files.decode(files.encode(Users(users=(bad,))))
    assert Users(users=(bad,)).find("ada", b"x") is None


def test_damaged_password_for_nats_is_refused_with_the_name_of_its_user(ada: User) -> None:
    bad = structs.replace(ada, nats_password="$2a$04$short")

    with pytest.raises(SettingsError, match="user ada has a damaged password"):
        files.decode(files.encode(Users(users=(bad,))))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"name": "Ada B"}, id="name"),
        pytest.param({"session_id": None}, id="monitor without a session"),
        pytest.param({"session_id": "a/#"}, id="session with a wildcard"),
        pytest.param({"role": Role.BRIDGE}, id="bridge with a session"),
    ],
)
def test_user_that_makes_no_sense_is_refused(ada: User, changes: dict[str, object]) -> None:
    fields = {"name": "ada", "role": ada.role, "password": ada.password, "session_id": "spa24"}
    odd = User(**(fields | changes))  # type: ignore[arg-type]

    with pytest.raises(SettingsError):
        files.decode(files.encode(Users(users=(odd,))))


def test_name_that_stands_twice_is_refused(ada: User) -> None:
    with pytest.raises(SettingsError, match="twice"):
        files.decode(files.encode(Users(users=(ada, ada))))


def test_mosquitto_gets_the_same_hashes_and_the_same_walls(ada: User) -> None:
    boss = new_user(Role.ADMIN, "x", name="boss")
    bridge = new_user(Role.BRIDGE, "y", name="bridge")

    passwords, rules = files.mosquitto_files([ada, bridge, boss])

    assert passwords.splitlines() == [
        f"ada:{ada.password}",
        f"bridge:{bridge.password}",
        f"boss:{boss.password}",
    ]
    assert "user ada\ntopic readwrite pitboard/v1/spa24/#\n" in rules
    assert "user bridge\ntopic read pitboard/v1/#\n" in rules
    assert "user boss\ntopic readwrite pitboard/v1/#\n" in rules
