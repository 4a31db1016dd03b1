"""What waiting less costs: one checkpoint at every lookahead and hop, on recorded clips.

python -m training.evaluation.streaming_cost --pairs cache/grid.npz --json cost.json
"""

import argparse
import json
from pathlib import Path

import torch

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.config import SHIPPED_STEPS
from stream_engine.motion.window import LatencyProfile
from stream_engine.types import MOTION_FPS
from training.data.splits import add_split, pairs_to_judge
from training.evaluation.batches import Batch, batch_of_pairs
from training.evaluation.hops import DEFAULT_RECIPE, MODEL_HELP, RECIPE_HELP, TrainedModel
from training.evaluation.intervals import Interval, summarise
from training.evaluation.lip_reader import LipReader
from training.evaluation.systems import score_system

LOOKAHEADS = (0, 1, 2, 4, 6)
HOPS = (1, 2)
SHOWN = ("gap_pcc", "width_pcc", "lip_pcc", "lip_pcc_words", "lve_mm")
_FRAME_MS = 1000 // MOTION_FPS


def windows() -> list[LatencyProfile]:
    """Every window of the table, shortest latency first."""
    made = [LatencyProfile(f"{h}+{a}", h, a) for h in HOPS for a in LOOKAHEADS]
    return sorted(made, key=lambda window: window.window_frames)


def cost_table(
    model: TrainedModel, batch: Batch, steps: int, samples: int
) -> dict[str, dict[str, Interval]]:
    """Lip scores of single samples, by window.

    Args:
        model: As trained or exported.
        batch: Recorded clips.
        steps: Diffusion steps per window.
        samples: Samples per clip.

    Returns:
        Interval by metric, by window; the names say hop and lookahead in ms.
    """
    reader, table = LipReader(), {}
    for window in windows():
        hop = model.hop(window, steps)
        scores = score_system(hop, reader, batch, range(samples))
        name = f"hop {_FRAME_MS * window.hop_frames}, ahead {_FRAME_MS * window.lookahead_frames}"
        table[name] = summarise(scores["one sample"])
    return table


def main() -> None:
    """Print the table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    add_split(parser)
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help=MODEL_HELP)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE, help=RECIPE_HELP)
    parser.add_argument("--steps", type=int, choices=(1, 2, 4), default=SHIPPED_STEPS)
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    batch = batch_of_pairs(*pairs_to_judge(options.pairs, options.split))
    model = TrainedModel("model", options.model, options.recipe)
    torch.set_num_threads(1)
    table = cost_table(model, batch, options.steps, options.samples)
    print("| hop and lookahead, ms | " + " | ".join(SHOWN) + " |\n|---|" + "---|" * len(SHOWN))
    for name, row in table.items():
        cells = (f"{row[k].mean:.3f} [{row[k].low:.3f}, {row[k].high:.3f}]" for k in SHOWN)
        print(f"| {name} | " + " | ".join(cells) + " |")
    if options.json:
        means = {name: {k: row[k].mean for k in row} for name, row in table.items()}
        options.json.write_text(json.dumps(means, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
