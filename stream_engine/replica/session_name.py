"""Sessions are known by the replica that holds them: ``replica~token``, or the token alone."""

import re

from stream_engine.errors import ReplicaGone

SEPARATOR = "~"
"""Stands in no token and no replica's name, and unescaped in a URL."""

REPLICA = re.compile("[A-Za-z0-9-]{1,63}")
"""A replica's name is one label of a host name."""


def full_name(replica: str, token: str) -> str:
    """Name a session for the world; a server without a name has sessions without one."""
    return f"{replica}{SEPARATOR}{token}" if replica else token


def split_name(name: str) -> tuple[str, str]:
    """Take a session's name apart: replica, empty when it names none, and token."""
    replica, _, token = name.rpartition(SEPARATOR)
    return replica, token


def gone(replica: str) -> ReplicaGone:
    """Make the error for a session whose replica is not there any more."""
    return ReplicaGone(
        "the session's replica is gone", got=repr(replica)[:80], fix="open a new session"
    )
