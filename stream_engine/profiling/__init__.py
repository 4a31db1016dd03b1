"""Where the time of a live session goes, measured while it talks."""
