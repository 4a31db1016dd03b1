"""Who sees whom in the denoiser's attention."""

import torch
from torch import Tensor


def joint_mask(at_keys: Tensor, slots: int, hop: int, filled: Tensor) -> Tensor:
    """Who sees whom when a hop is committed and a window denoised at once.

    ::

                   context, C      emitted, H          window, T
        emitted i  i - C .. C - 1  C .. i              none
        window     H .. C - 1      all of them         all of it

    Args:
        at_keys: 0 .. C + H + T - 1.
        slots: C.
        hop: H.
        filled: 1 where a key exists, float32 [B, C + H + T].

    Returns:
        bool [B, 1, H + T, C + H + T].
    """
    at = at_keys[slots:]
    past = at[:, None] - at_keys[None, :]
    of_window = (at >= slots + hop)[:, None]
    seen = (of_window & (at_keys >= hop)[None, :]) | (~of_window & (past >= 0) & (past <= slots))
    # A token always sees itself: a row without any key would be NaN.
    whole: Tensor = (seen[None] & (filled > 0.5)[:, None, :]) | (past == 0)[None]
    return whole[:, None]


def teacher_forcing_mask(first: Tensor, context_frames: int) -> Tensor:
    """Who sees whom when a clip's clean and noisy frames stand side by side.

    ::

                    clean keys            noisy keys
        clean i     i - C .. i            none
        noisy i     first_i - C .. first_i - 1   its own window

    Args:
        first: First frame of each frame's window, int64 [T].
        context_frames: C.

    Returns:
        bool [2 T, 2 T].
    """
    frames = len(first)
    at = torch.arange(frames, device=first.device)
    past = at[:, None] - at[None, :]
    clean_clean = (past >= 0) & (past <= context_frames)
    before = first[:, None] - at[None, :]
    noisy_clean = (before > 0) & (before <= context_frames)
    noisy_noisy = first[:, None] == first[None, :]
    none = torch.zeros_like(clean_clean)
    upper = torch.cat([clean_clean, none], dim=1)
    return torch.cat([upper, torch.cat([noisy_clean, noisy_noisy], dim=1)], dim=0)
