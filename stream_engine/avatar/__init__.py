"""People's own heads: files of other programs read, made whole, and written as avatars."""
