"""What other programs read: named values in, bytes out, no model, no socket, no file."""
