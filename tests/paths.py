"""Places of files the tests use."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "stream_engine" / "assets" / "sample.wav"
PACKAGES = ("stream_engine", "trt_build", "training", "clients")
