"""Plots as inline SVG: histograms and the way of one picture. Colours are the page's own."""

import html
import math
from collections.abc import Sequence
from typing import Any

_WIDTH, _ROW, _LABEL = 960, 22, 150
_SMALL_WIDTH, _SMALL_HEIGHT, _FOOT = 220, 84, 16


def way_of_a_picture(segments: Sequence[dict[str, Any]]) -> str:
    """Draw what a picture did and waited for, one row below the other, on one line of time.

    Args:
        segments: `timeline.Segment` as dicts, in order.

    Returns:
        An SVG element.
    """
    total = max(segment["end_ms"] for segment in segments)
    step = _round_step(total / 8)
    height = _ROW * len(segments) + 24
    scale = (_WIDTH - _LABEL - 60) / total
    parts = []
    for tick in range(int(total / step) + 1):
        x = _LABEL + tick * step * scale
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - 20}"/>')
        unit = " ms" if tick == 0 else ""
        parts.append(_text(x, height - 6, f"{tick * step:g}{unit}", "tick"))
    for row, segment in enumerate(segments):
        y, start = row * _ROW, _LABEL + segment["start_ms"] * scale
        took = segment["end_ms"] - segment["start_ms"]
        bar = max(1.0, took * scale)
        parts.append(_text(_LABEL - 8, y + 15, segment["name"], "label end"))
        parts.append(_bar(segment["kind"], start, y + 4, bar, _ROW - 8))
        parts.append(_text(start + bar + 5, y + 15, f"{took:.2f}", "value"))
    return _svg(_WIDTH, height, parts)


def histogram_plot(row: dict[str, Any]) -> str:
    """Draw how often a stage took how long; time is on a logarithmic line.

    Args:
        row: `figures.Figures` as a dict.

    Returns:
        An SVG element.
    """
    edges, calls = row["histogram"]["edges_ms"], row["histogram"]["calls"]
    bars = len(calls)
    wide = _SMALL_WIDTH / max(bars, 12)
    parts: list[str] = []
    for at, count in enumerate(calls):
        tall = count / max(calls) * (_SMALL_HEIGHT - _FOOT - 4)
        y = _SMALL_HEIGHT - _FOOT - tall
        if count:
            parts.append(_bar(row["kind"], at * wide, y, max(1.0, wide - 1), max(1.0, tall)))
    low = math.log10(edges[0])
    for share in ("p50", "p99"):
        place = (math.log10(max(row["ms"][share], edges[0])) - low) * 10.0 * wide
        x = min(place, _SMALL_WIDTH - 1.0)
        parts.append(f'<line class="{share}" x1="{x:.1f}" x2="{x:.1f}" y1="2" '
                     f'y2="{_SMALL_HEIGHT - _FOOT}"/>')  # fmt: skip
    parts.append(_text(0, _SMALL_HEIGHT - 3, f"{edges[0]:.3g}", "tick start"))
    last = min(_SMALL_WIDTH, max(90.0, bars * wide))
    parts.append(_text(last, _SMALL_HEIGHT - 3, f"{edges[-1]:.3g} ms", "tick end"))
    return _svg(_SMALL_WIDTH, _SMALL_HEIGHT, parts)


def share_bar(share: float) -> str:
    """Draw a share, 1 being the whole bar."""
    return _svg(80, 10, [_bar("work", 0, 1, max(0.5, 80 * min(share, 1.0)), 8)])


def interval_plot(change: dict[str, Any], most: float = 3.0) -> str:
    """Draw a ratio and its interval on a line from 1 / ``most`` to ``most``."""
    reach = math.log(most)

    def place(ratio: float) -> float:
        at = math.log(max(ratio, 1e-9)) / reach
        return 80 * (1.0 + min(1.0, max(-1.0, at)))

    low, middle, high = (place(change[key]) for key in ("low", "ratio", "high"))
    verdict = change["verdict"].replace(" ", "-")
    return _svg(160, 14, [
        '<line class="grid" x1="80" x2="80" y1="0" y2="14"/>',
        f'<line class="range {verdict}" x1="{low:.1f}" x2="{max(high, low + 1):.1f}" y1="7" '
        'y2="7"/>',
        f'<circle class="{verdict}" cx="{middle:.1f}" cy="7" r="3.5"/>',
    ])  # fmt: skip


def _bar(kind: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="1.5"/>'
    )


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{html.escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    box = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return f'<svg role="img" {box}>{"".join(parts)}</svg>'


def _round_step(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step)
