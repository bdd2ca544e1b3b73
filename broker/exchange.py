"""Who receives what: the subscriptions and retained values of the embedded broker.

Replaces the methods of amqtt that its own code calls for them; `engine.py` has the connections.
"""

import asyncio
from collections.abc import Callable, Sequence

from amqtt.broker import Broker, RetainedApplicationMessage  # type: ignore[import-untyped]
from amqtt.contexts import BrokerConfig  # type: ignore[import-untyped]
from amqtt.mqtt.protocol.broker_handler import (  # type: ignore[import-untyped]
    Subscription,
    UnSubscription,
)
from amqtt.session import Session  # type: ignore[import-untyped]

from pitboard.broker import encode
from pitboard.broker.peer import Peer
from pitboard.broker.store import Kept

MAX_SUBSCRIPTIONS = 100
"""Of one client; a bridge has one a watched session."""

REFUSED = 0x80
"""The return code of a subscription that is not granted."""

TURN = 100
"""Topic filters of one packet after which the others get their turn."""


class Exchange(Broker):  # type: ignore[misc]
    """Hands each message to its subscribers, and keeps the retained ones.

    Args:
        on_message: called with the topic of every message, wills included.
        kept: the retained values to begin with.

    Attributes:
        changes: How often a retained value was set or cleared.
    """

    def __init__(
        self, config: BrokerConfig, on_message: Callable[[str], None], kept: Sequence[Kept]
    ) -> None:
        super().__init__(config)
        self._on_message = on_message
        self.changes = 0
        self._kept = kept

    @property
    def retained_topics(self) -> list[str]:
        """The topics that hold a value."""
        return list(self._retained_messages)

    @property
    def kept(self) -> list[Kept]:
        """The retained values."""
        values = self._retained_messages.values()
        return [Kept(value.topic, bytes(value.data), value.qos) for value in values]

    def publish(self, topic: str, data: bytes, qos: int, retain: bool) -> None:
        """Retain a message if asked to, and send it to every subscriber.

        Never waits: a client that reads slowly loses messages and delays nobody.
        """
        if retain:
            self._retain(topic, data, qos)
        self._fan_out(topic, data, qos)

    def restore(self) -> None:
        """Retain the values to begin with; amqtt forgets all values when it starts."""
        for value in self._kept:
            self._retain(value.topic, value.data, value.qos)
        self._kept = ()

    def subscribe(self, peer: Peer, topic_filter: str, qos: int) -> int:
        """The QoS granted, or `REFUSED`; a repeated subscription takes the new QoS."""
        filters = peer.state.filters
        if not peer.rules.may_subscribe(topic_filter):
            return REFUSED
        if topic_filter in filters:
            self.withdraw(topic_filter, peer.session)
        elif len(filters) >= MAX_SUBSCRIPTIONS:
            return REFUSED
        filters[topic_filter] = qos
        self._subscriptions.setdefault(topic_filter, []).append((peer.session, qos))
        return qos

    def resubscribe(self, peer: Peer, session: Session) -> None:
        """A client is back: its subscriptions are those of this session, if it may still read."""
        for topic_filter, qos in list(peer.state.filters.items()):
            self.withdraw(topic_filter, session)
            if peer.rules.may_subscribe(topic_filter):
                self._subscriptions.setdefault(topic_filter, []).append((session, qos))
            else:
                del peer.state.filters[topic_filter]

    def withdraw(self, topic_filter: str, session: Session) -> None:
        """Deliver no more to the client of this session what the filter matches."""
        self._del_subscription(topic_filter, session)
        # amqtt keeps, and tries for each message, every filter that was ever used.
        if not self._subscriptions.get(topic_filter, True):
            del self._subscriptions[topic_filter]

    async def _handle_subscription(
        self, _session: Session, peer: Peer, waiter: asyncio.Future[Subscription]
    ) -> None:
        asked = waiter.result()
        codes, granted = [], {}
        for topic_filter, qos in asked.topics:
            code = self.subscribe(peer, topic_filter, qos)
            codes.append(code)
            if code != REFUSED:
                granted[topic_filter] = qos
            if len(codes) % TURN == 0:
                await asyncio.sleep(0)
        await peer.mqtt_acknowledge_subscription(asked.packet_id, codes)
        for topic_filter, qos in granted.items():
            await self._replay(peer, topic_filter, qos)

    async def _handle_unsubscription(
        self, _session: Session, peer: Peer, waiter: asyncio.Future[UnSubscription]
    ) -> None:
        asked = waiter.result()
        for number, topic_filter in enumerate(asked.topics, 1):
            if peer.state.filters.pop(topic_filter, None) is not None:
                self.withdraw(topic_filter, peer.session)
            if number % TURN == 0:
                await asyncio.sleep(0)
        await peer.mqtt_acknowledge_unsubscription(asked.packet_id)

    async def _publish_retained_messages_for_subscription(self, *_: object) -> None:
        """Nothing: amqtt calls this for each new client with the filters of all the others."""

    async def _replay(self, peer: Peer, topic_filter: str, qos: int) -> None:
        for topic in [key for key in self._retained_messages if self._matches(key, topic_filter)]:
            if qos:
                await peer.has_room()
            if peer.has_left:
                return
            # The replay waits for the client to read; by now there may be a newer value, or none.
            if (kept := self._retained_messages.get(topic)) is None:
                continue
            if min(qos, kept.qos):
                peer.send_soon(topic, kept.data, min(qos, kept.qos), retain=True)
            else:
                await peer.send_in_turn(encode.publish(topic, kept.data, retain=True))
        # Where nothing matched, nothing has waited.
        await asyncio.sleep(0)

    async def _broadcast_message(
        self, _session: Session, topic: str, data: bytes, force_qos: int | None = None
    ) -> None:
        # Wills; all else comes through `publish`.
        self._fan_out(topic, data, force_qos or 0)

    async def retain_message(
        self, _session: Session, topic: str, data: bytes, qos: int | None = None
    ) -> None:
        """Keep a value for later subscribers; an empty one clears it."""
        self._retain(topic, data, qos or 0)

    def _retain(self, topic: str, data: bytes, qos: int) -> None:
        self.changes += 1
        if data:
            # No source: it would keep the session of a client that has left in memory.
            self._retained_messages[topic] = RetainedApplicationMessage(None, topic, data, qos)
        else:
            self._retained_messages.pop(topic, None)

    def _fan_out(self, topic: str, data: bytes, qos: int) -> None:
        self._on_message(topic)
        packet: bytes | None = None
        for topic_filter, subscribers in self._subscriptions.items():
            if not self._matches(topic, topic_filter):
                continue
            for session, granted in subscribers:
                peer = self._get_handler(session)
                if min(qos, granted):
                    peer.send_soon(topic, data, min(qos, granted), retain=False)
                    continue
                # Built once for all of them.
                if packet is None:
                    packet = encode.publish(topic, data, retain=False)
                peer.send_now(packet)
