"""Elocute: live speech in, a talking 3D face out."""

import logging

logging.getLogger(__name__).addHandler(logging.NullHandler())
