"""Peers, sockets and files: the edges of a session."""
