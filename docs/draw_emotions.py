"""Draws docs/images/emotions.jpg: ``python docs/draw_emotions.py``.

Every emotion at intensity 1 by the shipped model and head, speaking the shipped sample: at rest
before the first word, lips together inside a word, and mouth open.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from stream_engine.assemble import Assembly
from stream_engine.audio.file_source import FileSource
from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import EMOTIONS
from stream_engine.render_config import RenderConfig

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "stream_engine" / "assets" / "sample.wav"
SECONDS, FACE, EDGE = 6, (51, 28, 209, 209), 260
OPEN, CLOSE, LID = (INDEX[name] for name in ("jawOpen", "mouthClose", "eyeBlinkLeft"))
LABEL = (70, 74, 80)


def motion_in(emotion: str) -> np.ndarray:
    """Motion of the sample's first seconds, [T, D]."""
    assembly = Assembly(EngineConfig(motion=MotionConfig(emotion=emotion, intensity=1.0)))
    stream, runs = assembly.motion_stream("balanced"), []
    with FileSource(SAMPLE) as source:
        for chunk in source.chunks():
            if chunk.start < SECONDS * chunk.rate_hz:
                runs.extend(stream.feed(chunk))
    return np.concatenate([run.coefficients for run in runs])


def moments(motion: np.ndarray) -> list[int]:
    """Frames to show: at rest, lips together while speaking, mouth open; eyes open in each."""
    gap, awake = motion[:, OPEN] - motion[:, CLOSE], motion[:, LID] < 0.25
    at = np.arange(len(motion))
    speaking = np.convolve(gap, np.ones(9), "same") > 0.5
    rest = at[awake & ~speaking][3]
    shut = at[awake & speaking][np.argmin(gap[awake & speaking])]
    wide = at[awake & speaking][np.argmax(gap[awake & speaking])]
    return [int(rest), int(shut), int(wide)]


def main() -> None:
    """Draw, save."""
    argparse.ArgumentParser(description=__doc__).parse_args()  # or --help would draw
    assembly = Assembly(EngineConfig(render=RenderConfig(width=EDGE, height=EDGE, detail="full")))
    poser, renderer = assembly.head_poser("default"), assembly.renderer("default")
    width, height = FACE[2] - FACE[0], FACE[3] - FACE[1]
    shown = moments(motion_in("neutral"))
    sheet = Image.new("RGB", (width * len(EMOTIONS), height * len(shown)))
    draw = ImageDraw.Draw(sheet)
    for column, emotion in enumerate(EMOTIONS):
        motion = motion_in(emotion)
        for row, frame in enumerate(shown):
            picture = Image.fromarray(renderer.render(poser.pose(0, motion[frame])).rgb)
            sheet.paste(picture.crop(FACE), (column * width, row * height))
        draw.text((column * width + 6, height - 16), emotion, fill=LABEL)
    renderer.close()
    sheet.save(ROOT / "docs" / "images" / "emotions.jpg", optimize=True, quality=88)


if __name__ == "__main__":
    main()
