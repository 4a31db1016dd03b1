"""A small client of the WebSocket door."""
