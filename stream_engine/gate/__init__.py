"""Who may come in, from where, how often and for how long."""
