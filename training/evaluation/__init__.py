"""Scores of a model against recorded faces: metrics, baselines, intervals and the command."""
