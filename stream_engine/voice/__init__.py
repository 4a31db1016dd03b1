"""Text spoken by a local program that the operator installed; none comes with the server."""
