"""A report as one page: no script, no file beside it, light or dark as the reader likes."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

from stream_engine.profiling.figures import SHARES, STAGES, WAITS, of_kind
from stream_engine.profiling.plots import (
    histogram_plot,
    interval_plot,
    share_bar,
    way_of_a_picture,
)

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60666d; --paper: #fcfcfd;
  --line: #e1e4e8; --work: #3b6fd4; --wait: #b9bfc7; --device: #7a4fc9; --bad: #c9372c;
  --good: #2f8f4e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa1a9; --paper: #16181b;
  --line: #2e3237; --work: #7ea6f5; --wait: #565d66; --device: #b394f0; --bad: #ff8a7d;
  --good: #6fcf8d; } }
body { margin: 0 auto; max-width: 66rem; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
p, .soft { color: var(--soft); margin: .2rem 0; max-width: 56rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .88rem; }
th, td { padding: .22rem .6rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th { font-weight: 600; color: var(--soft); } th:first-child, td:first-child { text-align: left; }
td.what { color: var(--soft); white-space: normal; text-align: left; font-size: .82rem; }
.wide { overflow-x: auto; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: .5rem .9rem; min-width: 6rem; }
.tile b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(14.5rem, 1fr));
  gap: 1rem 1.4rem; }
figure { margin: 0; } figcaption { font-size: .88rem; } figcaption span { color: var(--soft); }
svg { display: block; max-width: 100%; height: auto; } td svg { display: inline-block; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
svg .label { fill: var(--ink); font-size: 12px; } svg .end { text-anchor: end; }
svg .tick { text-anchor: middle; } svg .tick.start { text-anchor: start; }
svg .tick.end { text-anchor: end; }
.grid { stroke: var(--line); } .work { fill: var(--work); } .wait { fill: var(--wait); }
.device { fill: var(--device); } .p50 { stroke: var(--ink); }
.p99 { stroke: var(--bad); stroke-dasharray: 3 2; }
.range { stroke: var(--soft); stroke-width: 2; } circle { fill: var(--soft); }
.slower { color: var(--bad); fill: var(--bad); stroke: var(--bad); }
.faster { color: var(--good); fill: var(--good); stroke: var(--good); }
pre { white-space: pre-wrap; font-size: .82rem; color: var(--soft); }
"""


def render_page(report: dict[str, Any]) -> str:
    """Write the page.

    Args:
        report: As in ``report.json``.

    Returns:
        HTML that refers to nothing outside itself.
    """
    settings = report["settings"]
    title = f"elocute profile: {settings['profile']}, {_many(settings['steps'], 'step')}"
    sections = [
        f"<h1>{html.escape(title)}, {_many(settings['sessions'], 'session')}</h1>",
        _heading(report),
        _tiles(report),
        _comparison(report.get("comparison")),
        _stages(report["figures"]),
        _way(report["typical_frame"]),
        _steps(report["steps"]),
        _waits(report["figures"]),
        _histograms(report["figures"]),
        _about(report),
    ]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>"
    )
    return head + "\n".join(filter(None, sections)) + "</body></html>\n"


def _heading(report: dict[str, Any]) -> str:
    machine, commit = report["machine"], report["git"]["commit"] or "no checkout"
    dirty = " (changed since)" if report["git"]["dirty"] else ""
    gpu = machine["gpu"] if isinstance(machine["gpu"], str) else machine["gpu"][0]["name"]
    facts = (
        machine["cpu"], f"{machine['cores']} cores", f"GPU: {gpu}", f"commit {commit[:12]}{dirty}",
        report["made"],
    )  # fmt: skip
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in report["notes"])
    return f"<p>{html.escape(' · '.join(facts))}</p>{notes}"


def _tiles(report: dict[str, Any]) -> str:
    shown = [(f"{value:g}" if isinstance(value, float) else str(value), name)
             for name, value in report["summary"].items()]  # fmt: skip
    return '<div class="tiles">' + "".join(
        f'<div class="tile"><b>{html.escape(value)}</b><span class="soft">{html.escape(name)}'
        "</span></div>"
        for value, name in shown
    ) + "</div>"  # fmt: skip


def _stages(figures: Sequence[dict[str, Any]]) -> str:
    device = of_kind(figures, "device")
    head = ["stage", "calls", *SHARES, "mean", "CPU", "share", ""]
    head += ["device p50", "device p99"] if device else []
    rows, work = [], of_kind(figures, "work")
    most = max((row["share"] for row in work.values()), default=1.0) or 1.0
    for name, row in work.items():
        cells = [name, str(row["calls"]), *_times(row), _number(row["cpu_ms"])]
        cells += [f"{100 * row['share']:.1f} %", share_bar(row["share"] / most)]
        if device:
            told = device.get(name, {"ms": {}})["ms"]
            cells += [_number(told.get(share)) for share in ("p50", "p99")]
        rows.append([*cells, STAGES.get(name, "")])
    return (
        "<h2>Stages</h2><p>Milliseconds of each call, without the stages inside it; after the "
        "first second. Share: of one thread's time. CPU: mean time on a processor; what is missing "
        "to the mean was spent waiting, for a device, another thread or another program.</p>"
        + _table([*head, ""], rows)
    )


def _waits(figures: Sequence[dict[str, Any]]) -> str:
    rows = [
        [name, str(row["calls"]), *_times(row), WAITS.get(name, "")]
        for name, row in of_kind(figures, "wait").items()
    ]
    about = "<h2>Waits</h2><p>How long media lay still, milliseconds; nobody works meanwhile.</p>"
    return about + _table(["what", "calls", *SHARES, "mean", ""], rows) if rows else ""


def _way(typical: dict[str, Any]) -> str:
    if not typical["segments"]:
        return ""
    total = typical["segments"][-1]["end_ms"]
    return (
        f"<h2>A typical picture</h2><p>From the arrival of its first sample to the last of its "
        f"packets: {total:.0f} ms, the median of {typical['frames']} pictures followed. Blue is "
        "work, grey is waiting. <em>Speech of the window</em> is the profile's own latency; "
        "<em>playout</em> keeps voice and picture together.</p><div class='wide'>"
        + way_of_a_picture(typical["segments"])
        + "</div>"
    )


def _steps(steps: dict[str, Any]) -> str:
    if "missing" in steps:
        return (
            f"<h2>Generator, step by step</h2><p>Not measured: {html.escape(steps['missing'])}</p>"
        )
    rows = [
        [name, _number(cost["ms"]), f"{cost['low']:.3f} to {cost['high']:.3f}"]
        for name, cost in steps["rows"].items()
    ]
    return (
        "<h2>Generator, step by step</h2><p>All steps are one graph, and the commit of the last "
        "hop shares the first step's pass: so the graphs of 1, 2 and 4 steps are called in turn on "
        f"the same speech, {_many(steps['sessions'], 'session')} in a call, "
        f"{_many(steps['rounds'], 'time')} each, one call right after another (live calls have "
        f"colder caches). Medians by {steps['clock']} clock with 95 % intervals; a further step is "
        "a third of what four steps take longer than one.</p>"
        + _table(["", "ms", "95 % interval"], rows)
    )


def _histograms(figures: Sequence[dict[str, Any]]) -> str:
    plots = []
    for row in figures:
        if row["calls"] and row["kind"] != "cpu":
            kind = "" if row["kind"] == "work" else f" {row['kind']}"
            caption = f"{html.escape(row['name'])} <span>{kind} p50 {_number(row['ms']['p50'])}"
            plots.append(f"<figure>{histogram_plot(row)}<figcaption>{caption}, p99 "
                         f"{_number(row['ms']['p99'])}</span></figcaption></figure>")  # fmt: skip
    about = (
        "<h2>Histograms</h2><p>Calls by their length on a logarithmic line, milliseconds; the line "
        "is the median, the dashes are the 99th percentile.</p>"
    )
    return about + f'<div class="plots">{"".join(plots)}</div>'


def _comparison(comparison: dict[str, Any] | None) -> str:
    if comparison is None:
        return ""
    rows = []
    for change in comparison["changes"]:
        verdict = change["verdict"]
        said = f'<span class="{verdict.replace(" ", "-")}">{verdict}</span>'
        if verdict == "too few":
            rows.append([change["name"], change["kind"], *[""] * 5, said])
            continue
        times = [_number(change[key]) for key in ("before_ms", "after_ms")]
        interval = f"{change['low']:.2f} to {change['high']:.2f}"
        ratio = f"{change['ratio']:.2f}"
        rows.append([change["name"], change["kind"], *times, ratio, interval,
                     interval_plot(change), said])  # fmt: skip
    warnings = "".join(f"<p>Note: {html.escape(w)}.</p>" for w in comparison["warnings"])
    head = ["stage", "", "before", "after", "ratio", "interval", "a third .. thrice", ""]
    return (
        f"<h2>Against {html.escape(comparison['against'])}</h2>{warnings}<p>Medians, milliseconds. "
        "Slower or faster: at least 5 %, and beyond the noise within the runs, "
        "and between the earlier ones.</p>" + _table(head, rows)
    )


def _about(report: dict[str, Any]) -> str:
    lines = [f"command: {report['command']}", f"settings: {_pairs(report['settings'])}"]
    lines += [f"seeds: {_pairs(report['seeds'])}", f"model: {_pairs(report['model'])}"]
    lines += [f"{key}: {value}" for key, value in report["machine"].items()]
    lines += [f"commit: {report['git']['commit']}, changed since: {report['git']['dirty']}"]
    lines += [f"versions: {_pairs(report['versions'])}", f"counts: {_pairs(report['counts'])}"]
    return f"<h2>Made with</h2><pre>{html.escape(chr(10).join(lines))}</pre>"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML of our own making: names and numbers."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    described = [
        "".join(f"<td>{cell}</td>" for cell in row[:-1]) + f'<td class="what">{row[-1]}</td>'
        for row in rows
    ]
    body = "".join(f"<tr>{row}</tr>" for row in described)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _times(row: dict[str, Any]) -> list[str]:
    return [_number(row["ms"].get(name)) for name in (*SHARES, "mean")]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value < 10.0 else f"{value:.1f}"


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
