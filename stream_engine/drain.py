"""How a server goes: nobody new, time for those who are there, a word to those who stay."""

import asyncio
import logging

from stream_engine.front import Front
from stream_engine.household import going_away

logger = logging.getLogger(__name__)

STEP_S = 0.1
"""Every so often is looked whether the last session has gone."""

GOODBYE_S = 2.0
"""Longest wait for the last words to go out."""


async def drain(front: Front, limit_s: float) -> None:
    """Take no more sessions, let those there are go on for a while, then end them and say why.

    *Thread*: the loop.

    Args:
        front: Holds the sessions.
        limit_s: Longest wait for sessions to end by themselves.
    """
    house = front.house
    house.draining = True
    logger.info("going away; %d sessions may go on for %.0f s", house.sessions, limit_s)
    await _until_empty(front, limit_s)
    await front.close(going_away())
    await _until_empty(front, GOODBYE_S)


async def _until_empty(front: Front, limit_s: float) -> None:
    for _ in range(round(limit_s / STEP_S)):
        if not front.house.sessions:
            return
        await asyncio.sleep(STEP_S)
