"""What a lifecycle has its owner do."""

from dataclasses import dataclass

from pitboard.publisher.composer import Send


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Subscribe to these filters."""

    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """End the subscription to these filters."""

    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustAgain:
    """Everything is said again with the steps that follow: what was in doubt is tried anew."""


Step = Send | Subscribe | Unsubscribe | TrustAgain
