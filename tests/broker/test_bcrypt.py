"""The passwords that NATS gets, against vectors that OpenBSD and John the Ripper publish."""

import base64

import pytest

from pitboard.broker.bcrypt import hashed

_OURS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPTS = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def salt_in(known: str) -> bytes:
    text = known[7:29].encode().translate(bytes.maketrans(_BCRYPTS, _OURS))
    return base64.b64decode(text + b"==")


@pytest.mark.parametrize(
    ("password", "known"),
    [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
        ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
        (
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
        ),
    ],
)
def test_hash_is_what_others_make_of_the_password(password: str, known: str) -> None:
    assert hashed(password, salt_in(known), cost=5) == known


def test_equal_passwords_are_hashed_differently() -> None:
    assert hashed("secret") != hashed("secret")


def test_password_that_bcrypt_would_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="73 bytes"):
        hashed("x" * 73)
