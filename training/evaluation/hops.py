"""A trained model as the engine runs it."""

from stream_engine.models.diffusion import respaced_times
from stream_engine.models.motion_sampler import MotionSampler
from stream_engine.models.talking_face import TalkingFace, encoder_spec, sampler_spec
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import profile_named
from stream_engine.runtime.torch_runner import TorchRunner


def hop_of(model: TalkingFace, profile: str, steps: int) -> MotionHop:
    """The engine's hop around a model in torch."""
    config = model.config
    sampler = MotionSampler(model.transformer, model.scale, respaced_times(steps))
    return MotionHop(
        TorchRunner(model.encoder, encoder_spec(config.encoder)),
        TorchRunner(sampler, sampler_spec(config.transformer)),
        profile_named(profile),
    )
