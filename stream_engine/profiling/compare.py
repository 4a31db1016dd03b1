"""Reports beside each other: what got slower or faster, beyond the noise in and between runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ConfigError

SCHEMA = 1
"""Of ``report.json``; raised whenever what it says is no longer what it said."""

LEAST_CHANGE = 0.05
"""Smaller changes of a median are nobody's business."""

ERROR_RATE = 0.05
"""How often at most a comparison of two like runs may find anything, all stages together."""

RESAMPLES = 1000
LEAST_BLOCKS = 6

ALONE = (
    "one earlier run does not tell how much runs differ on this machine: name several after "
    "--against, and their spread counts as noise"
)

CROWDED = 0.1
"""Difference in the share of time off the processor above which wall times say little."""

PRIOR_RUNS = 8
"""What is known of a stage's spread from the other stages' counts as much as so many more runs."""

_CHUNK = 250
_FLOOR_MS = 1e-4  # the digits of a report
_F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """One stage or wait, before and after.

    Attributes:
        name: Which.
        kind: ``work``, ``cpu``, ``device`` or ``wait``.
        verdict: ``slower``, ``faster``, ``no difference`` or ``too few``.
        before_ms: Median before.
        after_ms: Median after.
        ratio: After over before.
        low: Lower end of the ratio's interval.
        high: Upper end.
    """

    name: str
    kind: str
    verdict: str
    before_ms: float
    after_ms: float
    ratio: float
    low: float
    high: float


def check_like(old: dict[str, Any], settings: dict[str, Any]) -> None:
    """Refuse a report that was made otherwise.

    Args:
        old: Of an earlier run.
        settings: Of this one.

    Raises:
        ConfigError: If it is no report of this schema, or its settings differ: it says which.
    """
    if old.get("schema") != SCHEMA:
        raise ConfigError(
            "not a report that can be compared with",
            got=f"schema {old.get('schema')}",
            expected=f"schema {SCHEMA}",
            fix="make it anew with this version of elocute profile",
        )
    apart = [key for key in settings if old["settings"].get(key) != settings[key]]
    if apart:
        raise ConfigError(
            "the reports were made with other settings",
            got=", ".join(f"{key} {old['settings'].get(key)}" for key in apart),
            expected=", ".join(f"{key} {settings[key]}" for key in apart),
            fix="profile both with the same options",
        )


def warnings_of(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Say what of the machine and its other work differs: it need not be the code that changed."""
    keys = ("cpu", "cores", "gpu", "system")
    was, now = old.get("held_up", 0.0), new.get("held_up", 0.0)
    crowded = (
        f"stages were kept off the processor {100 * was:.0f} % of their time then, "
        f"{100 * now:.0f} % now: look at processor time (cpu) rather than wall time (work)"
    )
    return ([crowded] if abs(now - was) > CROWDED else []) + [
        f"another machine: {key} was {old['machine'].get(key)}, is {new['machine'].get(key)}"
        for key in keys
        if old["machine"].get(key) != new["machine"].get(key)
    ]


def compare(
    olds: Sequence[Sequence[dict[str, Any]]], new: Sequence[dict[str, Any]], seed: int = 0
) -> list[Change]:
    """Compare lists of figures, as reports hold them.

    A change is one if the interval of the ratio of medians, by bootstrap over blocks of half a
    second, leaves out 1, and the ratio is at least 5 % away from it. Intervals are as wide as
    so many stages need (Bonferroni), and wide enough for one more run like the earlier ones.

    Args:
        olds: Figures of earlier runs, one at least.
        new: Of a later one.
        seed: Of the bootstrap.

    Returns:
        A change for every stage and wait that is in all, in the order of ``new``.

    Source: Efron & Tibshirani 1993, 'An Introduction to the Bootstrap', ch. 8 (blocks), 13.
    """
    before = [{(row["kind"], row["name"]): row for row in old} for old in olds]
    keyed = [((row["kind"], row["name"]), row) for row in new]
    shared = [(key, row) for key, row in keyed if all(key in run for run in before)]
    random = np.random.default_rng(seed)
    rate = ERROR_RATE / max(1, len(shared))
    earlier = {key: [run[key] for run in before] for key, _ in shared}
    between = between_runs(
        {key: [_median(run["blocks"]) for run in runs] for key, runs in earlier.items()}, rate
    )
    return [_change(earlier[key], row, (rate, between[key]), random) for key, row in shared]


def slower(changes: Sequence[Change]) -> list[Change]:
    """Those whose work, or waiting, got longer."""
    return [change for change in changes if change.verdict == "slower"]


def _change(
    olds: Sequence[dict[str, Any]],
    new: dict[str, Any],
    noise: tuple[float, float],
    random: np.random.Generator,
) -> Change:
    name, kind, (rate, reach) = new["name"], new["kind"], noise
    runs = [[block for block in row["blocks"] if block] for row in (*olds, new)]
    if min(len(run) for run in runs) < LEAST_BLOCKS:
        return Change(name, kind, "too few", *(0.0 for _ in range(5)))
    earlier = [block for run in runs[:-1] for block in run]
    was, now = _median(earlier), _median(runs[-1])
    ratio = now / was
    draws = resampled_medians(runs[-1], random) / resampled_medians(earlier, random)
    fewest = min(len(runs[-1]), len(earlier))
    # Resampled blocks vary less than new ones would, the more so the fewer they are.
    spread = float(np.std(np.log(draws))) * math.sqrt(fewest / (fewest - 1))
    reach = max(reach, math.exp(min(50.0, student(1.0 - rate / 2, fewest - 1) * spread)))
    low, high = ratio / reach, ratio * reach
    verdict = "no difference"
    if abs(ratio - 1.0) >= LEAST_CHANGE and (low > 1.0 or high < 1.0):
        verdict = "slower" if ratio > 1.0 else "faster"
    return Change(name, kind, verdict, was, now, ratio, low, high)


def between_runs(
    medians: dict[tuple[str, str], list[float]], rate: float
) -> dict[tuple[str, str], float]:
    """Say by what factor the median of one more run may differ from those there are.

    A stage's own spread over few runs is itself uncertain, so it is drawn towards that of the
    other figures of its kind, as tests of many genes over few samples do.

    Args:
        medians: Of each earlier run, by kind and name.
        rate: How often a like run may differ by more.

    Returns:
        The factor for each; 1 where there is only one run.

    Source: Smyth 2004, 'Linear models and empirical Bayes methods', sec. 3.
    """
    runs = max((len(values) for values in medians.values()), default=0)
    if runs < 2:
        return dict.fromkeys(medians, 1.0)
    spread = {key: float(np.var(np.log(values), ddof=1)) for key, values in medians.items()}
    factors = {}
    for key, own in spread.items():
        usual = float(np.median([of for (kind, _), of in spread.items() if kind == key[0]]))
        freedom = PRIOR_RUNS + runs - 1
        variance = (PRIOR_RUNS * usual + (runs - 1) * own) / freedom * (1.0 + 1.0 / runs)
        factors[key] = math.exp(min(50.0, student(1.0 - rate / 2, freedom) * math.sqrt(variance)))
    return factors


def student(share: float, freedom: int) -> float:
    """Find a point of Student's t near enough, from 5 degrees of freedom on.

    Source: Abramowitz & Stegun 1964, 26.7.5.
    """
    z = NormalDist().inv_cdf(share)
    first, second = (z**3 + z) / 4.0, (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0
    third = (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _median(blocks: Sequence[Sequence[float]]) -> float:
    values = np.concatenate([[], *blocks])
    return max(float(np.median(values)), _FLOOR_MS) if len(values) else _FLOOR_MS


def resampled_medians(blocks: Sequence[Sequence[float]], random: np.random.Generator) -> _F64:
    """Medians of the values of blocks drawn with replacement, float64 [RESAMPLES]."""
    values = np.concatenate([np.asarray(block, np.float64) for block in blocks])
    owner = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
    order = np.argsort(values, kind="stable")
    values, owner = values[order], owner[order]
    medians = []
    for _ in range(RESAMPLES // _CHUNK):
        # A value counts as often as its block was drawn.
        drawn = random.multinomial(len(blocks), np.full(len(blocks), 1.0 / len(blocks)), _CHUNK)
        reached = np.cumsum(drawn[:, owner], axis=1)
        medians.append(values[(2 * reached >= reached[:, -1:]).argmax(axis=1)])
    found: _F64 = np.maximum(np.concatenate(medians), _FLOOR_MS)
    return found
