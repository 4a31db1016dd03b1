"""What a client of ``/v1/realtime`` sends to have text spoken by the server's own voice."""

from dataclasses import dataclass

MOST_TEXT = 4000
"""Characters that may wait to be spoken: four to five minutes."""


@dataclass(frozen=True, slots=True)
class AppendText:
    """Text to be spoken, as it is made; a sentence is spoken as soon as it is whole."""

    text: str
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class CommitText:
    """What was appended is a whole response; the next is another."""

    event_id: str = ""
