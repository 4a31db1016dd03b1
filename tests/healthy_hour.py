"""An hour of healthy talk before the monitor: what it says, and that it does nothing.

    python -m tests.healthy_hour --speech FOLDER [--minutes 60] [--skip 0]

FOLDER holds utterances as `training.data.corpus.speech` reads them. The real engine, tracks, ears
and remedies under a simulated clock; nothing is drawn. An hour may be had as two halves at once:
`--minutes 30`, and `--minutes 30 --skip 30`.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stream_engine.types import F32, TICKS_PER_SECOND
from tests.fakes.watched_call import PACKET, WatchedCall
from training.data.corpus.speech import SpeechCorpus, resampled

PAUSE_S = 0.7


def talk(corpus: SpeechCorpus, seconds: float, skip_s: float) -> Iterator[F32]:
    """Utterances with pauses, 48 kHz, until there are enough; after those left out."""
    said = -skip_s
    while said < seconds:
        for utterance in corpus.utterances():
            sound = resampled(corpus.speech(utterance.name), 3, 1)
            pause = np.zeros(int(PAUSE_S * TICKS_PER_SECOND), np.float32)
            whole = np.concatenate([sound, pause])
            whole = whole[: len(whole) // PACKET * PACKET]
            said += len(whole) / TICKS_PER_SECOND
            if said > 0.0:
                yield whole
            if said >= seconds:
                return


def main() -> None:
    """Talk, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--skip", type=float, default=0.0, help="minutes of speech to leave out")
    options = parser.parse_args()
    call = WatchedCall()
    for sound in talk(SpeechCorpus(options.speech), 60.0 * options.minutes, 60.0 * options.skip):
        call.live(sound)
    judged = [v for _, v in call.verdicts if v.score is not None and v.lag_ms is not None]
    scores = np.array([v.score for v in judged])
    lags = np.abs([v.lag_ms or 0.0 for v in judged])
    print(f"{call.now_s / 60:.1f} minutes, {len(call.verdicts)} hops, {len(judged)} judged")
    print(f"score p1 {np.quantile(scores, 0.01):.2f}, median {np.median(scores):.3f}")
    print(f"lag off: median {np.median(lags):.0f} ms, p99 {np.quantile(lags, 0.99):.0f} ms")
    print(f"alarms: {sum(v.shifted_ms != 0 for v in judged)} shifts, ", end="")
    print(f"{sum(v.wrong for v in judged)} wrong; actions: {len(call.actions)}")
    for at, action in call.actions:
        print(f"  {at:.1f} s: {action.kind} {'on' if action.on else 'off'}: {action.because}")
    call.close()


if __name__ == "__main__":
    main()
