"""Many servers as one: who holds a session, who has room for the next, and how it gets there."""
