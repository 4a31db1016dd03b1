"""Recorded clips to score on, of any one speaker, fitted on the fly.

A clip that cannot be used is left out and reported, with the reason; only a folder that cannot be
used at all is an error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.errors import AssetError, StreamEngineError
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.types import F32, SAMPLES_PER_FRAME
from training.data.fit import LandmarkBasis
from training.data.grid import Clip
from training.data.pairs import Pair, centre_rotation, make_pair, split_of
from training.data.speaker import Speaker, find_speaker
from training.evaluation.checked_corpus import CheckedCorpus
from training.evaluation.over_frames import Mask

_MISSING_AUDIO_FRAMES = 6
_RESTING_MARGIN_S = 0.2

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how many."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which clips of a folder to score.

    Attributes:
        unseen: Only sentences the training split holds out.
        words: Only clips that say one of these, judged on them alone; empty for all.
        clips: At most so many, drawn at random; None for all.
        seed: Seed of the draw.
    """

    unseen: bool = False
    words: frozenset[str] = frozenset()
    clips: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """One clip, fitted.

    Attributes:
        pair: Features and motion.
        valid: Frames in which a face was found, bool [T].
        judged: Frames of the words that are judged, bool [T].
    """

    pair: Pair
    valid: Mask
    judged: Mask


@dataclass(frozen=True, slots=True)
class RecordingSet:
    """Clips to score on.

    Attributes:
        recordings: The clips that could be used.
        skipped: Why others could not, by clip.
    """

    recordings: list[Recording]
    skipped: dict[str, str]


def choose(rows: list[dict[str, str]], selection: Selection) -> list[dict[str, str]]:
    """Rows of the clips to score, in their order.

    Args:
        rows: All rows.
        selection: Which.

    Returns:
        At least one row.

    Raises:
        AssetError: If none is left.
    """
    chosen = [
        row
        for row in rows
        if (not selection.unseen or split_of(row["transcript"]) == "test")
        and (not selection.words or not selection.words.isdisjoint(row["transcript"].split()))
    ]
    if selection.clips is not None and selection.clips < len(chosen):
        drawn = np.random.default_rng(selection.seed).permutation(len(chosen))[: selection.clips]
        chosen = [chosen[k] for k in sorted(drawn)]
    if not chosen:
        raise AssetError(
            "no clip is left to score",
            got=f"none of {len(rows)}",
            fix="ask for other words, or leave out --unseen",
        )
    return chosen


def read_recordings(folder: Path, selection: Selection, progress: Progress) -> RecordingSet:
    """Read a folder, learn its speaker's face from all clips, fit the chosen ones.

    Args:
        folder: In the layout of `CheckedCorpus`; one speaker.
        selection: Which clips to score.
        progress: Told how far it is.

    Returns:
        The clips and what was left out.

    Raises:
        AssetError: If the folder, or every chosen clip, cannot be used.
    """
    corpus = CheckedCorpus(folder)
    names = [row["clip"] for row in choose(corpus.rows, selection)]
    basis = LandmarkBasis(load_head_asset(), corpus.point_ids)
    clips, skipped = _read_all(corpus, progress)
    found: list[Recording] = []
    speaker = _speaker_of(list(clips.values()), basis)
    for done, name in enumerate(names):
        progress("fitting", done, len(names))
        if name in clips:
            try:
                pair = make_pair(clips[name], _speech_of(corpus, clips[name]), speaker, basis)
            except StreamEngineError as error:
                skipped[name] = str(error)
            else:
                judged = _judged(pair, selection.words)
                found.append(Recording(pair, clips[name].valid, judged))
    skipped = {name: why for name, why in skipped.items() if name in names}
    if not found:
        raise AssetError("no clip can be scored", got="; ".join(skipped.values())[:400])
    centre_rotation([recording.pair for recording in found])
    return RecordingSet(found, skipped)


def _read_all(corpus: CheckedCorpus, progress: Progress) -> tuple[dict[str, Clip], dict[str, str]]:
    clips, skipped = {}, {}
    for done, row in enumerate(corpus.rows):
        progress("reading", done, len(corpus.rows))
        try:
            clips[row["clip"]] = corpus.read(row)
        except StreamEngineError as error:
            skipped[row["clip"]] = str(error)
    if not clips:
        raise AssetError("no clip can be read", got="; ".join(skipped.values())[:400])
    return clips, skipped


def _speaker_of(clips: list[Clip], basis: LandmarkBasis) -> Speaker:
    if not any((~clip.speaking(_RESTING_MARGIN_S) & clip.valid).any() for clip in clips):
        raise AssetError(
            "the speaker's resting face cannot be found",
            got=f"{len(clips)} readable clips, none with a face in silence",
            expected="clips with some silence around the words",
        )
    return find_speaker(clips, basis)


def _speech_of(corpus: CheckedCorpus, clip: Clip) -> F32:
    samples = corpus.speech(clip.name)
    heard, seen = len(samples) // SAMPLES_PER_FRAME, len(clip.points)
    if heard < seen - _MISSING_AUDIO_FRAMES:
        raise AssetError(
            "audio ends before the track", got=f"{clip.name}: {heard} of {seen} frames"
        )
    return samples


def _judged(pair: Pair, words: frozenset[str]) -> Mask:
    if not words:
        return pair.speaking
    chosen: Mask = np.isin(pair.word, sorted(words))
    return chosen
