"""Stills."""

import numpy as np

from training.head.stills import contact_sheet


def test_a_sheet_holds_every_still_in_its_place():
    """Five stills make two rows of four."""
    stills = {str(k): np.full((40, 40, 3), 40 * k, dtype=np.uint8) for k in range(5)}
    sheet = np.asarray(contact_sheet(stills))
    assert sheet.shape == (80, 160, 3)
    assert (sheet[70, 30] == 160).all()
    assert (sheet[30, 150] == 120).all()
