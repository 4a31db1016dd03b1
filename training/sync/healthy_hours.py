"""What the live monitor does in hours of talk with which nothing is wrong.

    python -m training.sync.healthy_hours --speech FOLDER:held-out FOLDER [...] --hours 8

Many sessions at once: the engine speaks, in manners, profiles and noise drawn anew in each round;
the watcher's scorer hears voice and face as they leave; its alarms go to the rules that act. Each
session is an utterance; an action is counted, forgotten, and the rules begin anew.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from stream_engine.assemble import Assembly
from stream_engine.assemble_monitor import open_scorer
from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.monitor.remedies import Finding, Means, Remedies
from stream_engine.monitor.sync_score import HOP_FRAMES
from stream_engine.monitor.sync_scorer import HOP_TICKS, SyncScorer, Watched
from stream_engine.types import F32, MOTION_FPS, SAMPLES_PER_FRAME, TICKS_PER_FRAME
from training.data.corpus.speech import SpeechCorpus, resampled
from training.data.spoken_faces import BATCH, PROFILES, draw_manner, perform
from training.listening import for_tests
from training.sync.material import HELD_OUT
from training.sync.worth import alarm_rate

HOUR_S = 3600.0


@dataclass(slots=True)
class Account:
    """Of one corpus.

    Attributes:
        seconds: Of talk.
        judged: Hops with enough speech in their window.
        shifts: Alarms of a shift, borne out by the window or not.
        actions: What was done, by kind.
    """

    seconds: float = 0.0
    judged: int = 0
    shifts: int = 0
    actions: Counter[str] = field(default_factory=Counter)

    def rows(self, name: str) -> Iterator[str]:
        """Lines of a table: of each kind of action, and of all."""
        hours = self.seconds / HOUR_S
        every = {**self.actions, "any of these": sum(self.actions.values())}
        for kind, count in every.items():
            rate = alarm_rate(count, hours, 1)
            yield (
                f"| {name}, {kind} | {count} | {hours:.2f} | "
                f"{rate.mean:.2f} [{rate.low:.2f}, {rate.high:.2f}] |"
            )


def speech_of(place: str) -> tuple[str, list[F32]]:
    """Name of a corpus and all of its speech; behind `HELD_OUT` only speakers kept for tests."""
    folder = Path(place.removesuffix(HELD_OUT))
    corpus, only = SpeechCorpus(folder), place.endswith(HELD_OUT)
    chosen = [u for u in corpus.utterances() if not only or for_tests(u.speaker)]
    return folder.resolve().name, [corpus.speech(u.name) for u in chosen]


def in_turn(corpora: Mapping[str, Sequence[F32]]) -> Iterator[tuple[str, Sequence[F32]]]:
    """Batches of all corpora, again and again."""
    while any(corpora.values()):
        for name, speech in corpora.items():
            for at in range(0, len(speech), BATCH):
                yield name, speech[at : at + BATCH]


def talk(speech: Sequence[F32], rng: np.random.Generator) -> list[F32]:
    """Let the engine speak a batch, in a profile, manners and noise that are drawn."""
    seed, profile = int(rng.integers(2**31)), str(rng.choice(PROFILES))
    config = replace(EngineConfig(), motion=MotionConfig(profile=profile, seed=seed))
    slots = Assembly(config).motion_slots(profile, len(speech))
    return perform(slots, speech, [draw_manner(rng) for _ in speech])


def watch(scorer: SyncScorer, speech: Sequence[F32], faces: Sequence[F32], into: Account) -> None:
    """Watch a batch to its end.

    Args:
        scorer: With a slot for each.
        speech: 16 kHz, float32 [N] each.
        faces: Motion of the same time, float32 [T, D] each.
        into: What happened is added to it.
    """
    rows = np.arange(len(faces))
    scorer.begin(rows)
    rules = [Remedies() for _ in rows]
    hops = [len(face) // HOP_FRAMES for face in faces]
    into.seconds += sum(hops) * HOP_FRAMES / MOTION_FPS
    voices = [resampled(s[: h * HOP_FRAMES * SAMPLES_PER_FRAME], 3, 1)
              for s, h in zip(speech, hops, strict=True)]  # fmt: skip
    for number in range(max(hops)):
        live = np.array([row for row in rows if number < hops[row]])
        first = number * HOP_FRAMES
        motion = np.stack([faces[row][first : first + HOP_FRAMES] for row in live])
        at = first * TICKS_PER_FRAME
        voice = np.stack([voices[row][at : at + HOP_TICKS] for row in live])
        watched = scorer.advance(live, motion, voice)
        acted = []
        for place, row in enumerate(live):
            finding = finding_of(watched, place)
            into.judged += finding.score is not None
            into.shifts += bool(finding.shifted_ms)
            done = rules[row].observe(finding, (first + HOP_FRAMES) / MOTION_FPS, Means())
            into.actions.update(action.kind for action in done if action.on)
            if done:
                rules[row] = Remedies()
                acted.append(row)
        if acted:
            scorer.forgive(np.array(acted))


def finding_of(watched: Watched, place: int) -> Finding:
    """What the rules are told of one face, as `session_sync` tells them."""
    window, judged = watched.window, bool(watched.window.judged[place])
    return Finding(
        score=float(window.score[place]) if judged else None,
        shifted_ms=float(watched.alarms.lag_ms[place]),
        wrong=bool(watched.alarms.wrong[place]),
        lag_ms=float(window.lag_ms[place]) if judged else None,
        confidence=float(window.confidence[place]) if judged else 0.0,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Talk, watch, print.

    Args:
        arguments: Command line without the program's name; the real one by default.

    Returns:
        Exit status 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", nargs="+", required=True, metavar="PLACE")
    parser.add_argument("--hours", type=float, default=8.0, help="at least so many, all together")
    parser.add_argument("--monitor", type=Path, help="folder of another monitor")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rng, scorer = np.random.default_rng(options.seed), open_scorer(BATCH, options.monitor)
    corpora = dict(speech_of(place) for place in options.speech)
    accounts = {name: Account() for name in corpora}
    for name, chosen in in_turn(corpora):
        watch(scorer, chosen, talk(chosen, rng), accounts[name])
        hours = sum(account.seconds for account in accounts.values()) / HOUR_S
        print(f"{hours:.2f} h; {name}: {dict(accounts[name].actions)}", flush=True)
        if hours >= options.hours:
            break
    every = Account()
    print("\n| | count | hours | an hour |\n|---|---|---|---|")
    for name, account in accounts.items():
        every.seconds += account.seconds
        every.judged += account.judged
        every.shifts += account.shifts
        every.actions.update(account.actions)
        print("\n".join(account.rows(name)))
    print("\n".join(every.rows("all")))
    print(f"\n{every.judged} hops judged, {every.shifts} alarms of a shift before the window")
    scorer.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
