"""Programs that talk to a running server; they import the wire messages only."""
