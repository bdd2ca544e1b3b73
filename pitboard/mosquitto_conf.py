"""What stands in the mosquitto.conf of a team, with the reason for each setting."""

import shlex
from pathlib import Path

_SETTINGS = """\
# mosquitto for a team, made by `pitboard mosquitto init`. Start it with:
#
#     mosquitto -c {conf}
{user}
# This machine, where a bridge needs no encryption.
listener {port} 127.0.0.1
{tls}
# Whoever is not in the password file stays outside, and whoever is may do what the rules say.
# `pitboard credentials` writes both; mosquitto reads them again on SIGHUP.
allow_anonymous false
password_file {passwords}
acl_file {acl}

# Without it the kernel holds small messages back to join them: 40 ms more at p95.
set_tcp_nodelay true

# The largest pitboard message is far below 256 KiB.
max_packet_size 262144

# The longest silence that a client of MQTT 5 may promise; others are held to their own promise, and
# pitboard's promise less. Whoever breaks it by half is cut off.
max_keepalive 120

# A reader of everything gets every retained value at once: about 3000 with 200 sessions.
max_inflight_messages 100
max_queued_messages 10000
max_queued_bytes 67108864

# A reader with a stored session that never comes back would keep its queue for ever.
persistent_client_expiration 1d

# Retained values are how a late pit crew gets the whole race. They are saved by time only: a save
# on each change costs a write of the whole store for every message. What a crash loses of the last
# minute, each live monitor sends again.
persistence true
autosave_interval 60
persistence_location {store}/

# The terminal or the service manager keeps the log; a phone that sleeps and wakes would fill it.
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""

_USER = """
# Started by root it becomes this user, who owns the store and the secrets that it reads.
user {name}
"""

_TLS = """
# Everybody else, encrypted: passwords and session ids travel here.
listener {port}
certfile {cert}
keyfile {key}
tls_version tlsv1.2
"""


def settings(
    conf: Path,
    *,
    user: str | None,
    port: int,
    tls: tuple[int, Path, Path] | None,
    passwords: Path,
    acl: Path,
    store: Path,
) -> str:
    """The text.

    Args:
        conf: Where it will stand.
        user: Whom mosquitto becomes when root starts it.
        port: Of the listener on loopback.
        tls: The port for everybody else, its certificate and the key; `None` has no such listener.
        passwords: Who may come in.
        acl: What they may do.
        store: The folder of the retained values.
    """
    return _SETTINGS.format(
        conf=shlex.quote(str(conf)),
        user=_USER.format(name=user) if user else "",
        port=port,
        tls=_TLS.format(port=tls[0], cert=tls[1], key=tls[2]) if tls else "",
        passwords=passwords,
        acl=acl,
        store=store,
    )
