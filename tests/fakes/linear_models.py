"""Runners that obey the shipped models' specs with a few lines of numpy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import encoder_spec, sampler_spec
from stream_engine.protocols import Tensors
from stream_engine.runtime.spec import check_inputs

ENCODER = EncoderConfig(width=6, dilations=(1, 2))
TRANSFORMER = TransformerConfig(speech_width=6, width=8, layers=2, context_frames=5)


class LinearEncoder:
    """Feature = mean of the frame's mel plus a share of the past; remembers like the real one."""

    backend = "linear"

    def __init__(self) -> None:
        self.spec = encoder_spec(ENCODER)
        self._mix = np.linspace(-1, 1, 80 * 6, dtype=np.float32).reshape(80, 6)

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        check_inputs(self.spec, inputs)
        mel, past, conv = inputs["mel"], inputs["mel_past"], inputs["conv_past"]
        frames = mel.reshape(len(mel), -1, 4, 80).mean(axis=2) @ self._mix
        out = []
        for t in range(frames.shape[1]):
            value = 0.5 * frames[:, t] + 0.1 * conv[:, -1] + 0.01 * past.mean(axis=(1, 2))[:, None]
            conv = np.concatenate([conv[:, 1:], value[:, None]], axis=1)
            past = mel[:, 4 * t : 4 * t + 4]
            out.append(value)
        return {"speech_out": np.stack(out, 1), "new_mel_past": past, "new_conv_past": conv}

    def close(self) -> None:
        pass


class LinearSampler:
    """Motion = speech, noise and the mean of the context; keeps the context like the real one."""

    backend = "linear"

    def __init__(self) -> None:
        self.spec = sampler_spec(TRANSFORMER)

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        check_inputs(self.spec, inputs)
        cache, mask = inputs["cache"], inputs["mask"]
        for t in range(inputs["emitted"].shape[1]):
            added = np.zeros_like(cache[:, :, :, :1])
            added += inputs["emitted"][:, t, :1][:, None, None, None]
            cache = np.concatenate([cache[:, :, :, 1:], added], axis=3)
            mask = np.concatenate([mask[:, 1:], inputs["emitted_mask"][:, t : t + 1]], axis=1)
        context = (cache[:, 0, 0, :, 0] * mask).sum(axis=1) / 5.0
        base = inputs["speech"].mean(axis=-1, keepdims=True) * 0.3 + inputs["noise"] * 0.05
        motion = 0.4 + base + 0.1 * context[:, None, None]
        return {"motion": motion.astype(np.float32), "new_cache": cache, "new_mask": mask}

    def close(self) -> None:
        pass
