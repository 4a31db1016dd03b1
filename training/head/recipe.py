"""The numbers that say which face is built: identity targets, cut planes, proportions."""

from __future__ import annotations

from collections.abc import Mapping

# MakeHuman targets added to the base mesh, with their weights. A young adult of mixed ancestry.
IDENTITY: Mapping[str, float] = {
    "macrodetails/caucasian-male-young": 0.375,
    "macrodetails/african-male-young": 0.1875,
    "macrodetails/asian-male-young": 0.1875,
    "macrodetails/caucasian-female-young": 0.125,
    "macrodetails/african-female-young": 0.0625,
    "macrodetails/asian-female-young": 0.0625,
    "macrodetails/proportions/male-young-averagemuscle-averageweight-idealproportions": 0.75,
    "macrodetails/proportions/female-young-averagemuscle-averageweight-idealproportions": 0.25,
    "mouth/mouth-angles-up": 0.3,
}

# Where the bust ends, metres from the head centre; below and beyond the portrait's frame.
CUT_BELOW_M = -0.215
CUT_SIDE_M = 0.215

# Length over which a turning head drags the neck along, metres along the neck's axis.
NECK_FIXED_M = -0.045
NECK_FREE_M = 0.055

# The head turns about the top of the spine, metres from the head centre.
PIVOT_M = (0.0, -0.035, -0.015)

# Widths of one side's teeth, metres, from the middle outwards.
UPPER_TEETH_M = (0.0088, 0.0068, 0.0076, 0.0070, 0.0066, 0.0095)
LOWER_TEETH_M = (0.0055, 0.0060, 0.0068, 0.0070, 0.0070, 0.0100)

# The rest pose takes this much of eyeWide, so that the face looks awake; blinks reach a little
# further than MakeHuman's, which leave the inner corner open on this face.
REST_EYE_WIDE = 0.30
BLINK_REACH = 1.06
