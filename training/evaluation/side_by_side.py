"""A movie with sound: the recorded face as tracked points, beside the head of every model.

    python -m training.evaluation.side_by_side --data FOLDER --out sides.mp4
        --model shipped=stream_engine/assets/motion --clips bbas1s,bbaz4n

The clips are laid end to end and heard as one stream; the folder is that of docs/evaluate.md.
"""

import argparse
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from stream_engine.config import SHIPPED_STEPS
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.expression import Expression
from stream_engine.motion.generator import MotionGenerator
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.performance import Performance
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RenderStyle
from stream_engine.transport.movie_file import MovieFile
from stream_engine.types import (
    F32,
    MODEL_RATE_HZ,
    MOTION_FPS,
    SAMPLES_PER_FRAME,
    TICKS_PER_FRAME,
    AudioChunk,
    MelFrames,
    VideoFrame,
)
from training.data.fit import LandmarkBasis
from training.data.pairs import speech_features
from training.evaluation.checked_corpus import CheckedCorpus
from training.evaluation.hops import add_models, named_models
from training.evaluation.scenes import CLOSE, Scene, choose, make_scene

OUTER_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
INNER_LIPS = (
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)  # fmt: skip
"""Landmarks around the lips' outer and inner edge."""
_SHARPER = 3  # dots are drawn so many times larger, then made smaller: smooth edges
_DOT, _LINE = (96, 103, 112), (178, 58, 72)
_LABEL, _FAINT, _STRIP = (52, 56, 62), (150, 156, 164), 34


def motion_of(hop: MotionHop, speech: F32, seed: int, lively: bool) -> F32:
    """What a session makes of speech.

    Args:
        hop: The model.
        speech: 16 kHz mono, whole frames, float32 [N].
        seed: Of the face.
        lively: Add idle life and shut the mouth in silence, as a session does; else the motion is
            the model's own.

    Returns:
        Coefficients float32 [T, D].
    """
    performance = Performance(hop, Expression(hop.profile) if lively else None)
    stream = MotionGenerator(performance, seed)
    mel = speech_features(speech, len(speech) // SAMPLES_PER_FRAME).astype(np.float32)
    runs = [*stream.feed(MelFrames(0, mel)), *stream.finish()]
    return np.concatenate([run.coefficients for run in runs])


def sheet_size(side: int, models: int) -> tuple[int, int]:
    """Width and height of a picture: names above the faces, words below."""
    return side * (1 + models), side + 2 * _STRIP


class Stage:
    """Draws one picture: points, heads, names, words.

    Thread: the one that made it. Close it after use.

    Args:
        scene: What is shown.
        basis: Landmarks of the tracked points.
        size: Side of one face in pixels, even.
    """

    def __init__(self, scene: Scene, basis: LandmarkBasis, size: int) -> None:
        head = load_head_asset()
        style = RenderStyle(camera=CLOSE)
        self.side = size
        self._scene, self._wall = scene, style.background
        self._poser, self._renderer = HeadMesh(head), MeshRenderer(head, size, size, style)
        self._font = ImageFont.load_default(size / 20)
        self._rings = [
            [basis.index[i] for i in ring if i in basis.index] for ring in (OUTER_LIPS, INNER_LIPS)
        ]

    def picture(self, frame: int, faces: dict[str, F32]) -> NDArray[np.uint8]:
        """Draw a frame.

        Args:
            frame: Which.
            faces: Motion by name of the model, float32 [T, D].

        Returns:
            uint8 [H, W, 3].
        """
        side = self.side
        sheet = Image.new("RGB", sheet_size(side, len(faces)), self._wall)
        sheet.paste(self._recorded(frame), (0, _STRIP))
        draw = ImageDraw.Draw(sheet)
        for column, (name, motion) in enumerate([("recorded, as tracked", None), *faces.items()]):
            if motion is not None:
                shown = self._renderer.render(self._poser.pose(0, motion[frame]))
                sheet.paste(Image.fromarray(shown.rgb), (column * side, _STRIP))
            middle = (side * (column + 0.5), _STRIP / 2)
            draw.text(middle, name, _LABEL, self._font, anchor="mm")
        sentence, begun, saying = self._scene.words[frame]
        space, widths = self._font.getlength(" "), [self._font.getlength(w) for w in sentence]
        x = (sheet.width - sum(widths) - space * (len(sentence) - 1)) / 2
        for number, (word, width) in enumerate(zip(sentence, widths, strict=True), 1):
            now = saying and number == begun
            colour = _LINE if now else _LABEL if number <= begun else _FAINT
            draw.text((x, side + 1.5 * _STRIP), word, colour, self._font, anchor="lm")
            x += width + space
        made: NDArray[np.uint8] = np.asarray(sheet)
        return made

    def _recorded(self, frame: int) -> Image.Image:
        large = self.side * _SHARPER
        picture = Image.new("RGB", (large, large), self._wall)
        draw, dot = ImageDraw.Draw(picture), large / 300
        points = self._scene.points[frame] * large
        for x, y in points:
            draw.ellipse((x - dot, y - dot, x + dot, y + dot), _DOT)
        for ring in self._rings:
            outline = [(float(x), float(y)) for x, y in points[[*ring, ring[0]]]]
            draw.line(outline, _LINE, round(2 * dot), "curve")
        return picture.resize((self.side, self.side), Image.Resampling.LANCZOS)

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()


def write_movie(path: Path, scene: Scene, stage: Stage, faces: dict[str, F32]) -> None:
    """Write the pictures and the speech."""
    size = sheet_size(stage.side, len(faces))
    with closing(MovieFile(path, size, MOTION_FPS, MODEL_RATE_HZ)) as movie:
        for frame in range(len(scene.words)):
            start = frame * SAMPLES_PER_FRAME
            heard = scene.speech[start : start + SAMPLES_PER_FRAME]
            movie.write_audio(AudioChunk(start, heard, MODEL_RATE_HZ))
            movie.write(VideoFrame(frame * TICKS_PER_FRAME, stage.picture(frame, faces)))


def main() -> None:
    """Let every model say the clips, write the movie."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    add_models(parser)
    parser.add_argument("--steps", type=int, default=SHIPPED_STEPS)
    parser.add_argument("--clips", help="names with commas between")
    parser.add_argument("--count", type=int, default=4, help="clips if none is named")
    parser.add_argument("--any", action="store_true", help="also sentences training has seen")
    parser.add_argument("--lively", action="store_true", help="idle life added, as in a session")
    parser.add_argument("--size", type=int, default=384, help="side of a face in pixels, even")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.size % 2 or options.size < 64:
        parser.error("--size must be even and at least 64")
    torch.set_num_threads(1)
    corpus = CheckedCorpus(options.data)
    clips = choose(corpus, options.clips, options.count, options.any)
    basis = LandmarkBasis(load_head_asset(), corpus.point_ids)
    scene = make_scene(corpus, clips, basis)
    faces = {
        model.name: motion_of(
            model.hop(options.profile, options.steps), scene.speech, options.seed, options.lively
        )
        for model in named_models(options)
    }
    with closing(Stage(scene, basis, options.size)) as stage:
        write_movie(options.out, scene, stage, faces)


if __name__ == "__main__":
    main()
