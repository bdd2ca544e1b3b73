"""Raw broker messages to checked ones; what is refused is counted, and logged once a minute.

No clock here: times come in as arguments.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from pitboard.contract import codec
from pitboard.contract.errors import BadTopic, ContractError, Invalid, UnknownVersion
from pitboard.contract.log_lines import OncePerMinute, printable
from pitboard.contract.messages import Message, TelemetryMessage
from pitboard.contract.topics import Topic

log = logging.getLogger(__name__)

_MISSING = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?(.*)`)?")
# What may differ each time: a size, a position, a text that the message or its topic quotes.
_VARYING = re.compile(r"\d+|(['\"])(?:.*\1|.*)")

_parse = lru_cache(maxsize=4096)(Topic.parse)


class Checker:
    """Decodes each message once.

    Attributes:
        accepted: Messages by channel.
        rejected: Messages by (kind, channel); channel is `-` where the topic is none of ours.
    """

    def __init__(
        self,
        on_newer: Callable[[Topic], None] = lambda _topic: None,
        *,
        is_silent: bool = False,
    ) -> None:
        """Call *on_newer* once a minute for a session whose monitor speaks a newer version."""
        self.accepted: Counter[str] = Counter()
        self.rejected: Counter[tuple[str, str]] = Counter()
        self._once = OncePerMinute()
        self._on_newer = on_newer
        self._is_silent = is_silent

    def check(self, name: str, payload: bytes, now_s: float) -> tuple[Topic, Message | None] | None:
        """The message, `None` in its place for a cleared topic; `None` for what is refused."""
        try:
            topic = _parse(name)
        except BadTopic as exc:
            self._refuse("-", "message", name, exc, now_s)
            return None
        if not payload:
            return topic, None
        try:
            message = codec.decode(topic, payload)
        except ContractError as exc:
            self._refuse(topic.channel, topic.channel, name, exc, now_s)
            is_newer = isinstance(exc, UnknownVersion)
            if is_newer and self._once.admit(f"newer {topic.session_id}", now_s) is not None:
                self._on_newer(topic)
            return None
        self.accepted[topic.channel] += 1
        if isinstance(message, TelemetryMessage):
            self._warn_of_missing(name, message, now_s)
        return topic, message

    def refuse_topic(self, now_s: float) -> None:
        """Count a topic that is not even text."""
        self._refuse("-", "message", "?", BadTopic("not UTF-8"), now_s)

    def _warn_of_missing(self, name: str, message: TelemetryMessage, now_s: float) -> None:
        missing = codec.missing_telemetry(message.telemetry)
        if not missing:
            return
        text = f"Telemetry missing required fields: {missing}"
        if not self._is_silent and self._once.admit(text, now_s) is not None:
            log.warning("[Server] WARNING: %s topic=%s", text, name)

    def _refuse(self, channel: str, what: str, name: str, exc: ContractError, now_s: float) -> None:
        self.rejected[exc.kind, channel] += 1
        if self._is_silent:
            return
        text = reason(what, exc)
        held_back = self._once.admit(_VARYING.sub("#", text), now_s)
        if held_back is not None:
            more = f" repeated={held_back}" if held_back else ""
            log.error("[Server] %s topic=%s%s", text, printable(name), more)


def reason(what: str, exc: ContractError) -> str:
    """Why a message was refused, as the log says it."""
    missing = _MISSING.fullmatch(str(exc)) if isinstance(exc, Invalid) else None
    if missing is None:
        return f"ERROR handling {what}: {exc.kind}: {printable(str(exc))}"
    field = f"{missing[2]}.{missing[1]}" if missing[2] else missing[1]
    return f"ERROR: Missing {field} in {what}"
