"""Who receives what: hands messages to subscribers, and retained values to new ones.

Replaces the methods of amqtt that its own code calls for them; `engine.py` has the connections.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from amqtt.broker import Broker  # type: ignore[import-untyped]
from amqtt.contexts import BrokerConfig  # type: ignore[import-untyped]
from amqtt.mqtt.protocol.broker_handler import (  # type: ignore[import-untyped]
    Subscription,
    UnSubscription,
)
from amqtt.session import Session  # type: ignore[import-untyped]

from pitboard.broker import encode
from pitboard.broker.filters import FilterIndex
from pitboard.broker.peer import Peer
from pitboard.broker.repeats import Repeats
from pitboard.broker.retained import Retained
from pitboard.broker.store import Kept

MAX_SUBSCRIPTIONS = 100
"""Of one client; a bridge has one a watched session."""

FILTER_BYTES = 64 * 1024
"""Of all topic filters of one client; those of a bridge have 8 KiB."""

REFUSED = 0x80
"""The return code of a subscription that is not granted."""

FILTERS_A_TURN = 100
"""Topic filters of one packet after which the others get their turn."""


class Exchange(Broker):  # type: ignore[misc]
    """Hands each message to its subscribers, and keeps the retained ones.

    Args:
        on_message: called with the topic of every message, wills included.
        kept: the retained values to begin with.

    Attributes:
        filters: Who has subscribed to what, by the key of its client.
        unkept: Retained values that there was no room for.
    """

    def __init__(
        self, config: BrokerConfig, on_message: Callable[[str], None], kept: Sequence[Kept]
    ) -> None:
        super().__init__(config)
        self.filters = FilterIndex()
        self.unkept = Repeats("values not kept reason=no room for more retained values")
        self._on_message = on_message
        self._retained = Retained()
        for value in kept:
            self._keep(value)

    @property
    def changes(self) -> int:
        """How often a retained value was set or cleared."""
        return self._retained.changes

    @property
    def retained_topics(self) -> list[str]:
        """The topics that hold a value."""
        return [value.topic for value in self._retained.values]

    @property
    def kept(self) -> list[Kept]:
        """The retained values."""
        return self._retained.values

    def publish(self, topic: str, data: bytes, qos: int, retain: bool) -> None:
        """Retain a message if asked to, and send it to every subscriber.

        Never waits: a client that reads slowly loses messages and delays nobody.
        """
        if retain:
            self._retain(topic, data, qos)
        self._fan_out(topic, data, qos)

    def subscribe(self, peer: Peer, topic_filter: str, qos: int) -> int:
        """The QoS granted, or `REFUSED`; a repeated subscription takes the new QoS."""
        filters = peer.state.filters
        if not peer.rules.may_subscribe(topic_filter):
            return REFUSED
        if topic_filter not in filters and not _has_room(filters, topic_filter):
            return REFUSED
        filters[topic_filter] = qos
        self.filters.add(topic_filter, peer.session.client_id, qos)
        return qos

    def withdraw_forbidden(self, peer: Peer, key: str) -> None:
        """Deliver no more to a client that is back what its user may not read any more."""
        for topic_filter in list(peer.state.filters):
            if not peer.rules.may_subscribe(topic_filter):
                del peer.state.filters[topic_filter]
                self.filters.remove(topic_filter, key)

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
            if len(codes) % FILTERS_A_TURN == 0:
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
                self.filters.remove(topic_filter, peer.session.client_id)
            if number % FILTERS_A_TURN == 0:
                await asyncio.sleep(0)
        await peer.mqtt_acknowledge_unsubscription(asked.packet_id)

    async def _publish_retained_messages_for_subscription(self, *_: object) -> None:
        """Nothing: amqtt calls this for each new client with the filters of all the others."""

    async def _replay(self, peer: Peer, topic_filter: str, qos: int) -> None:
        for topic in self._retained.topics(topic_filter):
            if qos:
                await peer.has_room()
            if peer.has_left:
                return
            # The replay waits for the client to read; by now there may be a newer value, or none.
            if (kept := self._retained.find(topic)) is None:
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
        self._keep(Kept(topic, bytes(data), qos))

    def _keep(self, value: Kept) -> None:
        if not self._retained.put(value):
            self.unkept.add(topic=value.topic)

    def _fan_out(self, topic: str, data: bytes, qos: int) -> None:
        self._on_message(topic)
        packet: bytes | None = None
        for key, granted in self.filters.match(topic):
            _, peer = self._sessions[key]
            if min(qos, granted):
                peer.send_soon(topic, data, min(qos, granted), retain=False)
                continue
            # Built once for all of them.
            if packet is None:
                packet = encode.publish(topic, data, retain=False)
            peer.send_now(packet)


def _has_room(filters: Iterable[str], more: str) -> bool:
    """Whether a client with these filters may have one more."""
    sizes = [len(topic_filter.encode()) for topic_filter in (more, *filters)]
    return len(sizes) <= MAX_SUBSCRIPTIONS and sum(sizes) <= FILTER_BYTES
