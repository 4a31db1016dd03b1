"""How many sessions this machine can serve, found by serving them."""
