"""What a client says of a face's manner, done to its lane: the same through every door."""

from stream_engine.batching.lane import Lane, hear
from stream_engine.manner_wire import Listen, Manner
from stream_engine.motion.emotion import Times


def heed(lane: Lane, message: Manner | Listen) -> None:
    """Do it from the next hop on.

    Args:
        lane: Whose face.
        message: What is to be changed, or who is heard.

    Raises:
        ConfigError: If there is no such manner, or nobody can be so loud; nothing changes.
    """
    if isinstance(message, Listen):
        hear(lane, message.level_db)
        return
    lane.express(message.emotion, message.intensity, message.style, _times(message))


def manner_after(lane: Lane, asked: Manner) -> Manner:
    """Say what a face has been given: what stays, or, if that was asked for, what passes."""
    now = lane.manner
    if now.passing is None or not _times(asked).given:
        return Manner(now.emotion, now.intensity, now.style)
    passing = now.passing
    times = (passing.onset_s, passing.apex_s, passing.offset_s)
    return Manner(passing.emotion, passing.intensity, now.style, *times)


def _times(message: Manner) -> Times:
    return Times(message.onset_s, message.apex_s, message.offset_s)
