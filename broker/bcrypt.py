"""Passwords as NATS keeps them: bcrypt, which Python itself does not have.

Only makes hashes; checking them is the business of NATS. Held against published vectors by
`tests/broker/test_bcrypt.py`.
"""

import functools
import re
import secrets
import struct
from itertools import cycle

SALT_BYTES = 16
LONGEST_PASSWORD = 72
"""bcrypt reads no further."""

FORM = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")
"""What a hash looks like."""

# Few rounds do: the passwords are random, and no list of likely ones can be tried.
_COST = 4
_ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_MAGIC = struct.unpack("!6I", b"OrpheanBeholderScryDoubt")
_WORD = 0xFFFFFFFF
_SUBKEYS, _BOXES = 18, 1024


def hashed(password: str, salt: bytes | None = None, cost: int = _COST) -> str:
    """*password* in the form ``$2a$04$...``, with a salt of its own unless given (16 bytes).

    Raises `ValueError` when the password has more than 72 bytes.
    """
    secret = password.encode()
    if len(secret) > LONGEST_PASSWORD:
        raise ValueError(f"a password of {len(secret)} bytes: bcrypt takes {LONGEST_PASSWORD}")
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    key = _words(secret + b"\0", _SUBKEYS)
    cipher = _Blowfish()
    cipher.expand(key, _words(salt, 4))
    salt_key = _words(salt, _SUBKEYS)
    for _ in range(1 << cost):
        cipher.expand(key, (0, 0))
        cipher.expand(salt_key, (0, 0))
    out: list[int] = []
    for at in range(0, len(_MAGIC), 2):
        pair = _MAGIC[at], _MAGIC[at + 1]
        for _ in range(64):
            pair = cipher.encrypt(*pair)
        out += pair
    # All implementations leave the last byte out.
    digest = struct.pack("!6I", *out)[:23]
    return f"$2a${cost:02}${_text(salt)}{_text(digest)}"


class _Blowfish:
    """The cipher, whose tables a password changes."""

    def __init__(self) -> None:
        tables = _digits_of_pi()
        self._subkeys = list(tables[:_SUBKEYS])
        self._boxes = list(tables[_SUBKEYS:])

    def encrypt(self, left: int, right: int) -> tuple[int, int]:
        """Two words of 32 bits."""
        boxes, subkeys = self._boxes, self._subkeys
        for subkey in subkeys[:16]:
            left ^= subkey
            mixed = boxes[left >> 24] + boxes[256 + (left >> 16 & 255)]
            mixed = (mixed ^ boxes[512 + (left >> 8 & 255)]) + boxes[768 + (left & 255)]
            left, right = right ^ mixed & _WORD, left
        return right ^ subkeys[17], left ^ subkeys[16]

    def expand(self, key: tuple[int, ...], salt: tuple[int, ...]) -> None:
        """Mix a key into the tables, and a salt of an even number of words."""
        self._subkeys = [subkey ^ word for subkey, word in zip(self._subkeys, key, strict=True)]
        words = cycle(salt)
        left = right = 0
        for table in (self._subkeys, self._boxes):
            for at in range(0, len(table), 2):
                left, right = self.encrypt(left ^ next(words), right ^ next(words))
                table[at], table[at + 1] = left, right


@functools.cache
def _digits_of_pi() -> tuple[int, ...]:
    """Blowfish begins with the fraction of pi, in words of 32 bits."""
    count = _SUBKEYS + _BOXES
    guard = 64
    one = 1 << (32 * count + guard)
    pi = 16 * _arc_cotangent(5, one) - 4 * _arc_cotangent(239, one)
    fraction = (pi - 3 * one) >> guard
    return struct.unpack(f"!{count}I", fraction.to_bytes(4 * count, "big"))


def _arc_cotangent(number: int, one: int) -> int:
    """Of *number*, as a fixed-point fraction of *one*."""
    power = total = one // number
    divisor, sign = 3, -1
    while power:
        power //= number * number
        total += sign * (power // divisor)
        divisor, sign = divisor + 2, -sign
    return total


def _words(data: bytes, count: int) -> tuple[int, ...]:
    """*count* words of the bytes, which are repeated as often as needed."""
    repeated = data * (4 * count // len(data) + 1)
    return struct.unpack(f"!{count}I", repeated[: 4 * count])


def _text(data: bytes) -> str:
    """The form of base64 that bcrypt has for itself."""
    count = (len(data) * 8 + 5) // 6
    number = int.from_bytes(data, "big") << (6 * count - 8 * len(data))
    return "".join(_ALPHABET[number >> 6 * at & 63] for at in reversed(range(count)))
