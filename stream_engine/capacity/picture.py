"""A picture of trials: how long windows take by how many sessions there are, as plain SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stream_engine.capacity.load import LoadReport

_WIDTH, _HEIGHT, _LEFT, _FOOT, _TOP = 640, 320, 56, 44, 34
_COLOURS = {"p50": "#2a9d8f", "p95": "#e9a23b", "p99": "#d1495b"}


@dataclass(frozen=True, slots=True)
class ProfileRun:
    """Trials of one latency profile.

    Attributes:
        profile: By name.
        hop_ms: What a window may take.
        fitting: Most sessions that fitted; None if it was not looked for.
        trials: In order of sessions.
    """

    profile: str
    hop_ms: float
    fitting: int | None
    trials: Sequence[LoadReport]


def draw(runs: Sequence[ProfileRun]) -> str:
    """Draw runs, one below the other; both axes are logarithmic.

    Args:
        runs: At least one, each with at least one trial.

    Returns:
        An SVG document that refers to nothing outside.
    """
    plots = [
        f'<g transform="translate(0 {at * _HEIGHT})">{_plot(run)}</g>'
        for at, run in enumerate(runs)
    ]
    size = f'width="{_WIDTH}" height="{_HEIGHT * len(runs)}"'
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT * len(runs)}"'
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    font = 'font-family="system-ui, sans-serif" font-size="12" fill="#333"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} {font}>'
    return f"{start}{ground}{''.join(plots)}</svg>\n"


def _plot(run: ProfileRun) -> str:
    most = max(2, *(trial.sessions for trial in run.trials))
    times = [t.latency_ms[name] for t in run.trials for name in _COLOURS]
    finite = [value for value in times if 0.0 < value < math.inf]
    low, high = min([1.0, *finite]), 1.2 * max([2.0 * run.hop_ms, *finite])

    def x(sessions: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 90) * math.log(sessions) / math.log(most)

    def y(milliseconds: float) -> float:
        share = math.log(min(max(milliseconds, low), high) / low) / math.log(high / low)
        return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * share

    fits = "" if run.fitting is None else f": {run.fitting} sessions fit"
    parts = [_text(_LEFT, 20, f"{run.profile}{fits}", 'font-weight="600"')]
    for value in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if low <= value <= high:
            parts.append(_line(_LEFT, y(value), _WIDTH - 90, y(value), "#e3e3e3"))
            parts.append(_text(_LEFT - 6, y(value) + 4, f"{value} ms", 'text-anchor="end"'))
    for power in range(int(math.log2(most)) + 1):
        parts.append(_text(x(2**power), _HEIGHT - 22, str(2**power), 'text-anchor="middle"'))
    parts.append(_text((_WIDTH - 90 + _LEFT) / 2, _HEIGHT - 6, "sessions", 'text-anchor="middle"'))
    dashed = ' stroke-dasharray="5 4"'
    parts.append(_line(_LEFT, y(run.hop_ms), _WIDTH - 90, y(run.hop_ms), "#555", dashed))
    parts.append(_text(_WIDTH - 86, y(run.hop_ms) + 4, "hop"))
    for name, colour in _COLOURS.items():
        points = [(x(trial.sessions), y(trial.latency_ms[name])) for trial in run.trials]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in points
        ]
    for at, (name, colour) in enumerate(_COLOURS.items()):
        place = _WIDTH - 230 + 48 * at
        parts.append(f'<circle cx="{place}" cy="16" r="4" fill="{colour}"/>')
        parts.append(_text(place + 8, 20, name))
    return "".join(parts)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}"{more}/>'


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{words}</text>'
