"""What is wrong although the connection stands, as seen from what the broker gives back."""

from enum import Enum

HEARD_WITHIN_S = 5.0
"""A broker that lets us publish gives our own `status` back much sooner."""


class Trouble(Enum):
    """A state that a person must end; the value says how."""

    # A broker that speaks MQTT 3.1.1 has no other way to refuse a message.
    UNHEARD = (
        "the broker takes what we send and gives nothing back, so this user may not use the "
        "session: ask who runs the broker, or set --session"
    )
    TWIN = (
        "somebody else publishes under these ids: stop one of the two, or start one with another "
        "--monitor"
    )


class Echo:
    """Compares what comes back on our own topics with what we sent."""

    def __init__(self) -> None:
        self._births: set[int] = set()
        self._announced_s: float | None = None
        self._is_heard = False
        self._was_unheard = False
        self._has_twin = False
        self._saw_stranger = False

    def trouble(self, now_s: float) -> Trouble | None:
        """What is wrong now."""
        if self._has_twin:
            return Trouble.TWIN
        if self._announced_s is not None and not self._is_heard and self.due_s(now_s) is None:
            self._was_unheard = True
        # Until it is heard again a new connection may be as mute as the one before.
        return Trouble.UNHEARD if self._was_unheard and not self._is_heard else None

    def due_s(self, now_s: float) -> float | None:
        """When `trouble` changes unless a message comes, in monotonic seconds."""
        if self._announced_s is None or self._is_heard:
            return None
        due_s = self._announced_s + HEARD_WITHIN_S
        return due_s if now_s < due_s else None

    def began(self, birth: int) -> None:
        """We use this birth from now on; others that are later than our first are not ours."""
        self._births.add(birth)

    def announced(self, now_s: float) -> None:
        """The read-back is over, and our `status` was sent."""
        self._announced_s = now_s
        self._has_twin, self._saw_stranger = self._saw_stranger, False

    def disconnected(self) -> None:
        """Nothing is given back any more."""
        self._announced_s = None
        self._is_heard = False

    def read_back(self, birth: int, *, is_first: bool) -> None:
        """The broker holds a message of our ids; before our first connection it proves nothing."""
        # Under the newest we have said nothing yet.
        earlier = self._births - {max(self._births)}
        if not is_first and birth > min(self._births) and birth not in earlier:
            self._saw_stranger = True

    def heard(self, birth: int) -> None:
        """Our `status` topic spoke while we were announced."""
        newest = max(self._births)
        if birth == newest:
            self._is_heard = True
            self._was_unheard = False
        elif birth > newest:
            self._has_twin = True
