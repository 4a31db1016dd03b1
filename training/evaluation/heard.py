"""How much can be understood of a face: heard by the ear, written down by recognisers.

    python -m training.evaluation.heard --data FOLDER --clips 40 --json heard.json

FOLDER as in docs/evaluate.md, with sentences of the GRID grammar; only sentences held out of
training are heard. Each clip is judged as recorded, as its own log-mel made sound again (what the
way back to sound costs), as heard from the recorded face, and as heard from the face the model
makes of the speech; chance is what was heard from the faces of the other clips.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stream_engine.assemble import EAR_FOLDER, MODEL_FOLDER, open_ear
from stream_engine.config import SHIPPED_STEPS
from stream_engine.errors import AssetError
from stream_engine.monitor.ear import Ear
from stream_engine.monitor.griffin_lim import mel_to_speech
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import PROFILES
from stream_engine.transport.sound_file import write_sound
from stream_engine.types import F32
from training.data.grid import GridCorpus
from training.data.pairs import cut_or_filled
from training.evaluation.generate import generate
from training.evaluation.grid_grammar import (
    SLOTS,
    UNIFORM_CHANCE,
    edit_distance,
    nearest_sentence,
    parse,
    phones_of,
    plain_words,
)
from training.evaluation.intervals import Interval, paired_gain, summarise
from training.evaluation.judges import Judges, open_judges
from training.evaluation.metrics import ClipScores
from training.evaluation.recordings import Recording, Selection, read_recordings
from training.evaluation.report import as_table, without_nan
from training.evaluation.systems import System, model_hash

RECORDING, COPY = "recording", "its log-mel as sound"
REAL, MADE = "recorded face", "generated face"
FACES = (REAL, MADE)
METRICS = ("word error", "phone error", "slots right", "letter right", "digit right")


@dataclass(frozen=True, slots=True)
class Heard:
    """What recognisers made of one sound.

    Attributes:
        text: As the word recogniser wrote it.
        phones: As the phone recogniser wrote them.
        nearest: The sentence of the grammar nearest to the text, one word a slot.
    """

    text: str
    phones: tuple[str, ...]
    nearest: tuple[str, ...]


def sounds_of(recording: Recording, speech: F32, ear: Ear, hop: MotionHop) -> dict[str, F32]:
    """One clip as the sounds to be judged.

    Args:
        recording: Features and fitted motion.
        speech: Samples of the clip, 16 kHz.
        ear: Hears the faces, in its own voice.
        hop: Makes a face of the speech.

    Returns:
        float32 [N] by system.
    """
    mel = recording.pair.mel.astype(np.float32)
    made = generate(hop, mel[None], [0])[0, 0]
    return {
        RECORDING: cut_or_filled(speech, len(recording.pair.motion)),
        COPY: mel_to_speech(mel),
        REAL: mel_to_speech(ear.hear(recording.pair.motion).mel),
        MADE: mel_to_speech(ear.hear(made).mel),
    }


def judge(sound: F32, judges: Judges) -> Heard:
    """What can be understood of a sound, turned down where it passes full scale."""
    level: F32 = sound / max(1.0, float(np.abs(sound).max(initial=0.0)))
    text = judges.words(level)
    return Heard(text, judges.phones(level), nearest_sentence(plain_words(text)))


def score(heard: Heard, said: tuple[str, ...]) -> dict[str, float]:
    """Errors of what was heard against what was said.

    Args:
        heard: What recognisers wrote.
        said: The sentence, one word a slot.

    Returns:
        Word and phone error (edits over length; above 1 if much is added), and the share of slots
        right in the nearest sentence: all of them, the letter, the digit.
    """
    right = dict(zip(SLOTS, np.equal(heard.nearest, said).astype(float), strict=True))
    phones = phones_of(said)
    return {
        "word error": edit_distance(plain_words(heard.text), said) / len(said),
        "phone error": edit_distance(heard.phones, phones) / len(phones),
        "slots right": float(np.mean(list(right.values()))),
        "letter right": right["letter"],
        "digit right": right["digit"],
    }


def score_all(heard: Sequence[Heard], said: Sequence[tuple[str, ...]]) -> ClipScores:
    """Scores of every clip, [M] by metric."""
    rows = [score(one, sentence) for one, sentence in zip(heard, said, strict=True)]
    return {name: np.array([row[name] for row in rows]) for name in METRICS}


def chance_scores(heard: Sequence[Heard], said: Sequence[tuple[str, ...]]) -> ClipScores:
    """Scores of what was heard from other clips, mean over all with another sentence, [M]."""
    rows = []
    for sentence in said:
        others = [one for one, its in zip(heard, said, strict=True) if its != sentence]
        scores = [score(one, sentence) for one in others]
        rows.append({n: np.mean([s[n] for s in scores]) if scores else np.nan for n in METRICS})
    return {name: np.array([row[name] for row in rows]) for name in METRICS}


def tables_of(
    heard: Mapping[str, Sequence[Heard]], said: Sequence[tuple[str, ...]]
) -> tuple[dict[str, dict[str, Interval]], dict[str, dict[str, Interval]]]:
    """Means with intervals.

    Args:
        heard: What was heard in each clip, by system.
        said: What was said in each.

    Returns:
        Scores by system, with chance; and how far each face is from its own chance, paired.
    """
    scores = {name: score_all(clips, said) for name, clips in heard.items()}
    chance = {name: chance_scores(heard[name], said) for name in FACES}
    scores |= {f"chance: {name} of another clip": chance[name] for name in FACES}
    gains = {
        f"{name} against its chance": paired_gain(scores[name], chance[name]) for name in FACES
    }
    return {name: summarise(values) for name, values in scores.items()}, gains


def hear_all(
    options: argparse.Namespace, recordings: Sequence[Recording], judges: Judges
) -> dict[str, list[Heard]]:
    """Make and judge every sound; nothing but the words is kept.

    Args:
        options: The command line.
        recordings: Clips to hear.
        judges: The recognisers.

    Returns:
        What was heard in each clip, by system.
    """
    corpus, ear = GridCorpus(options.data), open_ear(options.ear)
    hop = System("model", options.model, options.profile, options.steps).open()
    heard: dict[str, list[Heard]] = {}
    for done, recording in enumerate(recordings):
        _progress("hearing", done, len(recordings))
        name = recording.pair.name
        for system, sound in sounds_of(recording, corpus.speech(name), ear, hop).items():
            if options.keep is not None:
                write_sound(options.keep / f"{name} - {system}.wav", sound)
            heard.setdefault(system, []).append(judge(sound, judges))
    return heard


def main() -> None:
    """Hear, judge, print, and write if asked to."""
    options = _options()
    if options.keep is not None and not options.keep.is_dir():
        raise AssetError("no such folder for the sounds", got=str(options.keep))
    judges = open_judges()  # a missing package is said before any work
    selection = Selection(unseen=True, clips=options.clips, seed=options.seed)
    recordings = read_recordings(options.data, selection, _progress).recordings
    said = [parse(recording.pair.transcript) for recording in recordings]
    heard = hear_all(options, recordings, judges)
    scores, gains = tables_of(heard, said)
    about = {
        "clips": len(recordings),
        "ear": model_hash(options.ear),
        "model": model_hash(options.model),
        "profile": options.profile,
        "steps": options.steps,
        "slots right for one who draws words at random": round(UNIFORM_CHANCE, 3),
    }
    print(json.dumps(about), end="\n\n")
    print(as_table(scores, METRICS), as_table(gains, METRICS), sep="\n\n")
    if options.json is not None:
        clips = [
            {"clip": recording.pair.name, "said": recording.pair.transcript}
            | {name: asdict(one[k]) for name, one in heard.items()}
            for k, recording in enumerate(recordings)
        ]
        found: dict[str, Any] = {"about": about, "scores": _plain(scores), "gains": _plain(gains)}
        text = json.dumps(without_nan(found | {"clips": clips}), indent=1, ensure_ascii=False)
        options.json.write_text(text + "\n", encoding="utf-8")


def _plain(table: dict[str, dict[str, Interval]]) -> dict[str, Any]:
    return {row: {k: asdict(value) for k, value in cells.items()} for row, cells in table.items()}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    option = parser.add_argument
    option("--data", type=Path, required=True, help="folder of recordings (docs/evaluate.md)")
    option("--clips", type=int, default=40, help="hear at most so many, drawn at random")
    option("--seed", type=int, default=0, help="seed of the draw")
    option("--json", type=Path, help="file to write figures and all that was heard to")
    option("--keep", type=Path, help="folder to write the sounds to")
    option("--ear", type=Path, default=EAR_FOLDER, help="exported ear")
    option("--model", type=Path, default=MODEL_FOLDER, help="exported model of motion")
    option("--profile", choices=sorted(PROFILES), default="balanced")
    option("--steps", type=int, default=SHIPPED_STEPS, help="diffusion steps per window")
    return parser.parse_args()


def _progress(stage: str, done: int, total: int) -> None:
    if done % 10 == 0:
        print(f"{stage}: {done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
