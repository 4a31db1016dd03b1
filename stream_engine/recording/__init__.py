"""Sessions written down as they happen, and performed again bit by bit."""
