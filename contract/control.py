"""Which of a session's monitors is in control of the car; every reader chooses the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pitboard.contract.messages import StatusMessage

HEARTBEAT_S = 10.0
"""A live monitor says `status` at least this often."""

LOST_AFTER_S = 22.0
"""No heartbeat and no telemetry for this long is `lost`, whatever the retained status says.

Two heartbeats and a little: no broker delivers a will when the broker's own machine dies.
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one monitor says of its control of the car, and whether it is still heard."""

    status: StatusMessage
    is_live: bool

    @property
    def is_candidate(self) -> bool:
        """Whether the monitor may be the active one."""
        state_allows = self.status.state in ("online", "idle")
        return self.is_live and state_allows and self.status.in_control is True


def choose_active(claims: Mapping[str, Claim], last: str | None) -> str | None:
    """The `monitor_id` that is live and in control with the highest `control`, else *last*.

    Ties go to the smaller id. A reader that has seen nobody live, as one that comes after the race,
    takes who was in control last, and a single monitor that never said so.
    """
    candidates = {monitor_id: claim for monitor_id, claim in claims.items() if claim.is_candidate}
    if not candidates and last is None:
        candidates = {
            monitor_id: claim for monitor_id, claim in claims.items() if claim.status.in_control
        }
        if not candidates and len(claims) == 1:
            return next(iter(claims))
    if not candidates:
        return last
    return min(candidates, key=lambda monitor_id: (-_control(candidates[monitor_id]), monitor_id))


def _control(claim: Claim) -> int:
    return claim.status.control or 0


def next_control(statuses: Iterable[StatusMessage]) -> int:
    """The `control` that a monitor takes with the car: above all that were seen."""
    return max((status.control or 0 for status in statuses), default=0) + 1
