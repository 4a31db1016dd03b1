"""Recipes that make the shipped head, data and weights; never imported when serving."""
