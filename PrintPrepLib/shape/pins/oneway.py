"""Do the pins of a seam fit one way only? All turns and mirrorings that bring them into each other's holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from ...mesh import FloatArray
from .kinds import Pin, PinShape

MOST_COMPARED = 6
"""Pins of a seam up to which every exchange is tried; more are told apart by the six that stand farthest out."""
SAME_TURN_DEG = 8.0
"""Angle of a D or hexagon that its clearance may let pass."""
SMALL_TURN_DEG = 5.0
"""Turns below this are play, not another seat."""


@dataclass(frozen=True)
class WrongSeat:
    """A way of putting the parts together that the pins alone do not prevent."""

    turn_deg: float
    mirrored: bool

    def words(self) -> str:
        """Say it."""
        return f"{'mirrored and ' if self.mirrored else ''}turned by {self.turn_deg:.0f} degrees"


def wrong_seats(pins: Sequence[Pin], to_local: FloatArray) -> tuple[WrongSeat, ...]:
    """Turns (and mirrorings) other than the right one in which every pin finds a hole that is wide enough.

    Parameters
    ----------
    pins : sequence of Pin
        Of one seam; their axes are parallel.
    to_local : (3, 3)
        Rows: both axes of the plane, and its normal.

    Returns
    -------
    tuple of WrongSeat
        Empty where the set fits one way only. A single round pin turns freely: that is told as a turn of 180 degrees.
    """
    if not pins:
        return ()
    at = np.array([pin.at_mm for pin in pins]) @ to_local[:2].T
    chosen = np.argsort(-np.linalg.norm(at - at.mean(axis=0), axis=1), kind="stable")[:MOST_COMPARED]
    at, members = at[chosen], [pins[k] for k in chosen]
    if len(members) == 1:
        return _single(members[0])
    play = 2.0 * max(pin.clearance.across_mm for pin in members)
    found: dict[tuple[int, bool], WrongSeat] = {}
    for mirrored in (False, True):
        source = at * np.array([1.0, -1.0]) if mirrored else at
        for order in permutations(range(len(members))):
            turn = _best_turn(source, at[list(order)])
            rotated = (source - source.mean(axis=0)) @ turn.T + at.mean(axis=0)
            if np.linalg.norm(rotated - at[list(order)], axis=1).max() > play:
                continue
            angle = float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
            if not mirrored and abs(angle) < SMALL_TURN_DEG:
                continue
            if all(
                _enters(members[k], members[order[k]], turn, to_local, mirrored=mirrored) for k in range(len(members))
            ):
                found.setdefault((round(angle / SMALL_TURN_DEG), mirrored), WrongSeat(angle, mirrored))
    return tuple(found.values())


def _single(pin: Pin) -> tuple[WrongSeat, ...]:
    if pin.shape is PinShape.ROUND:
        return (WrongSeat(180.0, mirrored=False),)
    if pin.shape is PinShape.HEXAGON:
        return (WrongSeat(60.0, mirrored=False),)
    return ()


def _enters(pin: Pin, other: Pin, turn: FloatArray, to_local: FloatArray, *, mirrored: bool) -> bool:
    """Tell whether a pin, turned, finds room in the hole of another one."""
    if pin.diameter_mm > other.diameter_mm + 2.0 * other.clearance.across_mm:
        return False
    if other.shape is PinShape.ROUND or pin.diameter_mm < 0.5 * other.diameter_mm:
        return True
    if pin.shape is PinShape.ROUND:
        return pin.diameter_mm < 0.75 * other.diameter_mm  # it must pass beside the flats
    mine, theirs = (to_local[:2] @ np.array(one.turn) for one in (pin, other))
    mine = turn @ (mine * np.array([1.0, -1.0]) if mirrored else mine)
    between = float(np.degrees(np.arctan2(mine[0] * theirs[1] - mine[1] * theirs[0], mine @ theirs)))
    period = 60.0 if pin.shape is PinShape.HEXAGON and other.shape is PinShape.HEXAGON else 360.0
    return abs((between + period / 2.0) % period - period / 2.0) < SAME_TURN_DEG


def _best_turn(source: FloatArray, target: FloatArray) -> FloatArray:
    """Rotation (2, 2) that brings points nearest to others (Kabsch 1976, doi:10.1107/S0567739476001873)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    cosine = float((a * b).sum())
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    size = max(float(np.hypot(cosine, sine)), 1e-30)
    return np.array([[cosine, -sine], [sine, cosine]]) / size
