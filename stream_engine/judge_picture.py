"""A judged recording as a picture: score, lag, fit and speech over time, as plain SVG."""

import html
import math
from itertools import pairwise

import numpy as np

from stream_engine.judge_report import JudgeReport, fit_at
from stream_engine.monitor.recording_ears import HeardRecording
from stream_engine.monitor.recording_judge import Stretch
from stream_engine.monitor.sync_evidence import MOST_LAG_STEPS, STEP_MS
from stream_engine.monitor.verdict import IN_SYNC_MS, LOCATED
from stream_engine.types import F32

_WIDTH, _LEFT, _RIGHT = 960, 64, 16
_ALARM = 48
_SCORE, _LAG, _FIT, _SPEECH = (76, 120), (226, 150), (396, 18), (424, 18)  # top and height
_HEIGHT = 474
_COLUMNS = 440
_GOOD, _BAD, _INK, _SOFT, _LINE = "#2a7d4f", "#c9372c", "#1c2024", "#60666d", "#e1e4e8"
_MOST_NATS, _SEEN = 2.0, 0.03


def draw(report: JudgeReport, heard: HeardRecording) -> str:
    """Draw it.

    Args:
        report: Everything.
        heard: What the ears heard.

    Returns:
        An SVG document that refers to nothing outside.
    """
    seconds = max(report.judgement.whole.end_s, 1.0)
    sentence = f"{report.verdict.sentence[0].upper()}{report.verdict.sentence[1:]}"
    parts = [
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fcfcfd"/>',
        f'<text x="{_LEFT}" y="24" font-size="15" fill="{_INK}">{html.escape(sentence)}</text>',
        *_time_axis(seconds),
        *_scores(report.judgement.seconds, seconds),
        *_lags(report.judgement.seconds, seconds),
        *_strip("fit", _FIT, fit_at(heard, report.judgement.whole.lag_ms) / _MOST_NATS, seconds),
        *_strip("speech", _SPEECH, heard.speech, seconds, plain=True),
        *_alarms(report, seconds),
    ]
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    font = f'font-family="system-ui, sans-serif" font-size="12" fill="{_SOFT}"'
    title = f"<title>{html.escape(sentence)}</title>"
    start = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} {font}>{title}'
    return f"{start}{''.join(parts)}</svg>\n"


def _x(at_s: float, seconds: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at_s / seconds


def _line(
    x: tuple[float, float], y: tuple[float, float], colour: str = _LINE, more: str = ""
) -> str:
    ends = f'x1="{x[0]:.1f}" x2="{x[1]:.1f}" y1="{y[0]:.1f}" y2="{y[1]:.1f}"'
    return f'<line {ends} stroke="{colour}" {more}/>'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _time_axis(seconds: float) -> list[str]:
    rough = seconds / 10.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = max(1.0, next(power * k for k in (1, 2, 5, 10) if power * k >= rough))
    parts = []
    for tick in range(int(seconds / step) + 1):
        x = _x(tick * step, seconds)
        parts.append(_line((x, x), (_SCORE[0], _SPEECH[0] + _SPEECH[1])))
        parts.append(_text(x, _HEIGHT - 14, f"{tick * step:g}" + " s" * (tick == 0)))
    return parts


def _scores(rows: tuple[Stretch, ...], seconds: float) -> list[str]:
    """A bar a second, red below one half."""
    top, height = _SCORE
    parts = [_text(_LEFT, top - 7, "score", "start")]
    for level in (0.0, 0.5, 1.0):
        y = top + height * (1.0 - level)
        parts.append(_line((_LEFT, _WIDTH - _RIGHT), (y, y)))
        parts.append(_text(_LEFT - 6, y + 4, f"{level:g}", "end"))
    for row in (row for row in rows if row.judged):
        x, right = _x(row.start_s, seconds), _x(row.end_s, seconds)
        tall = max(1.5, height * row.score)
        colour = _GOOD if row.score >= 0.5 else _BAD
        parts.append(f'<rect x="{x:.1f}" y="{top + height - tall:.1f}" '
                     f'width="{max(0.5, right - x - 0.8):.1f}" height="{tall:.1f}" '
                     f'fill="{colour}" fill-opacity="0.8"/>')  # fmt: skip
    return parts


def _lags(rows: tuple[Stretch, ...], seconds: float) -> list[str]:
    """A dot a second: full where it is sure; the band is what nobody sees."""
    top, height = _LAG
    sure = [abs(row.lag_ms) for row in rows if row.judged and row.confidence >= LOCATED]
    most = next(m for m in (100.0, 200.0, 1.0 * MOST_LAG_STEPS * STEP_MS + 1e-6)
                if m >= max(sure, default=0.0) or m > 200.0)  # fmt: skip

    def y(lag_ms: float) -> float:
        return top + height * (0.5 - 0.5 * max(-1.0, min(1.0, lag_ms / most)))

    band = y(-IN_SYNC_MS) - y(IN_SYNC_MS)
    parts = [
        f'<rect x="{_LEFT}" y="{y(IN_SYNC_MS):.1f}" width="{_WIDTH - _LEFT - _RIGHT}" '
        f'height="{band:.1f}" fill="{_GOOD}" fill-opacity="0.09"/>',
        _text(_LEFT, top - 7, "lag, ms", "start"),
        _text(_LEFT - 6, top + 20, "late", "end"),
        _text(_LEFT - 6, top + height - 13, "early", "end"),
    ]
    for level in (-most, 0.0, most):
        parts.append(_line((_LEFT, _WIDTH - _RIGHT), (y(level), y(level))))
        parts.append(_text(_LEFT - 6, y(level) + 4, f"{level:+.0f}" if level else "0", "end"))
    for row in (row for row in rows if row.judged):
        x = _x((row.start_s + row.end_s) / 2.0, seconds)
        known = row.confidence >= LOCATED
        look = f'fill="{_INK}"' if known else f'fill="none" stroke="{_SOFT}" stroke-opacity="0.6"'
        parts.append(f'<circle cx="{x:.1f}" cy="{y(row.lag_ms):.1f}" r="3" {look}/>')
    return parts


def _strip(
    name: str, place: tuple[int, int], values: F32, seconds: float, plain: bool = False
) -> list[str]:
    """Values of -1..1 as a strip of colours, as many columns as can be seen."""
    top, height = place
    parts = [_text(_LEFT - 6, top + height - 5, name, "end")]
    edges = np.unique(np.linspace(0, len(values), min(_COLUMNS, len(values)) + 1).astype(int))
    last = len(values)
    for start, end in pairwise(edges):
        value = float(np.clip(values[start:end].mean(), -1.0, 1.0))
        if abs(value) < _SEEN:
            continue
        colour = _INK if plain else (_GOOD if value > 0 else _BAD)
        whole = min(seconds, last / 50.0)
        x, right = (_x(k / last * whole, seconds) for k in (start, end))
        place_of = f'x="{x:.1f}" y="{top}" width="{right - x + 0.2:.1f}" height="{height}"'
        look = f'fill="{colour}" fill-opacity="{abs(value):.2f}" shape-rendering="crispEdges"'
        parts.append(f"<rect {place_of} {look}/>")
    return parts


def _alarms(report: JudgeReport, seconds: float) -> list[str]:
    """A mark where each was raised, a bar as long as it lasted."""
    parts = []
    for alarm in report.judgement.alarms:
        since, x, until = (_x(at, seconds) for at in (alarm.since_s, alarm.at_s, alarm.until_s))
        what = f"mouth {alarm.lag_ms:+.0f} ms" if alarm.lag_ms else "something else is said"
        said = html.escape(f"alarm at {alarm.at_s:.1f} s: {what}")
        mark = f'<path d="M{x - 5:.1f} {_ALARM - 9} h10 l-5 8 z" fill="{_BAD}"/>'
        lasts = _line((since, until), (_ALARM, _ALARM), _BAD, 'stroke-width="3"')
        parts.append(f"<g><title>{said}</title>{lasts}{mark}</g>")
    return [*parts, _text(_LEFT - 6, _ALARM + 3, "alarms", "end")] if parts else []
