"""Why there is no plan, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray
from ...profiles.printers import printers
from .bed import Fit, fit, usable_mm
from .descent import Account
from .piece import Piece, Setting
from .protect import Protect, Zone


def cannot_protect(protect: Protect, zone: Zone, volume_mm: Sequence[float], margin_mm: float) -> None:
    """Refuse a protected place that is itself too large: what must stay whole must fit.

    Raises
    ------
    GeometryError
        Names the place and by how much it is too long.
    """
    for number, name in enumerate(protect.names):
        points = zone.samples[zone.place == number]
        if not len(points):
            continue
        found = fit(points, volume_mm, margin_mm)
        if not found.fits:
            raise GeometryError(
                f"The model cannot be split: {name} must stay whole, and what of the model lies in it is "
                f"{found.excess_mm:.1f} mm too long for the {found.side} of the build volume. Protect a smaller place"
                f"{_larger(points, 'or take a larger printer')}."
            )


def too_many(
    least: int, most: int, why: str, corners: FloatArray, volume_mm: Sequence[float], margin_mm: float
) -> GeometryError:
    """More cuts are needed than allowed."""
    whole = fit(corners, volume_mm, margin_mm)
    return GeometryError(
        f"The model would need at least {least} cuts, and {most} are allowed. {why} {_how_large(whole)} Scale it down"
        f"{_larger(corners, 'or take a larger printer')}."
    )


def no_plan(
    account: Account,
    roots: tuple[Piece, ...],
    setting: Setting,
    most: int,
    corners: FloatArray,
    volume_mm: Sequence[float],
    margin_mm: float,
) -> GeometryError:
    """Nothing was found: by protected places if any stood in the way, else by size."""
    whole = fit(corners, volume_mm, margin_mm)
    text = (
        f"No way was found to split the model with {most} cut{'' if most == 1 else 's'} or fewer. {_how_large(whole)}"
    )
    if setting.protect is not None and account.in_the_way:
        place = max(account.in_the_way, key=lambda key: (account.in_the_way[key], -key))
        text += (
            f" {account.in_the_way[place]} cuts were given up because they would come too near to "
            f"{setting.protect.names[place]}. Make it smaller, allow a smaller margin"
        )
    else:
        text += f" {account.carried_out} cuts were carried out in vain.{account.limit_words()}"
        text += " Allow more cuts or a smaller margin"
    return GeometryError(text + f"{_larger(corners, 'or take a larger printer')}.")


def _how_large(whole: Fit) -> str:
    return (
        f"In its best orientation it measures {' x '.join(f'{side:.0f}' for side in whole.size_mm)} mm and is "
        f"{whole.excess_mm:.1f} mm too long for the {whole.side} of the build volume."
    )


def _larger(points: FloatArray, words: str) -> str:
    """Name the smallest known printer that holds the points, if there is one."""
    known = sorted(printers(), key=lambda one: (float(np.prod(one.build_volume_mm)), one.name))
    for one in known:
        try:
            usable_mm(one.build_volume_mm)
        except ValueError:
            continue
        if fit(points, one.build_volume_mm).fits:
            return f", {words}: the {one.title} ('{one.name}') would hold it whole"
    return f", {words}; no known printer holds it whole"
