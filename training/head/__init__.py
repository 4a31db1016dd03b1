"""Builds the head that Elocute ships, from public-domain MakeHuman data."""
