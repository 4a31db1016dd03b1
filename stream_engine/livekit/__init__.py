"""LiveKit: a participant of a room that speaks, with a face, what an agent sends it."""
