"""Speech without faces: read or synthesised, cut into phones, given labelled faces."""
