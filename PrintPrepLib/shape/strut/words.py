"""What the step says: struts as a list, refusals with the reason for each pair of parts and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .pieces import Piece
from .safe import Site
from .size import StrutSize
from .tree import Groups, Refused

SAID = 6
"""Pairs and struts that are told in words; a receipt's details list all."""
SOFT_MM = 0.5
"""A strut that lets its parts shift by more than this under one newton (100 grams) is told: the shift can be seen."""


def refusal(site: Site, groups: Groups, refused: Sequence[Refused], size: StrutSize) -> str:
    """Say which parts stay loose, why, pair by pair, and what to do."""
    main = groups.of(0)
    loose = [piece for k, piece in enumerate(site.pieces) if groups.of(k) != main]
    named = ", ".join(_name(piece) for piece in loose[:SAID]) + (
        f" and {len(loose) - SAID} more" if len(loose) > SAID else ""
    )
    reasons = []
    for one in sorted(refused, key=lambda r: (r.first, r.second))[:SAID]:
        total = sum(one.reasons.values())
        why = "; ".join(f"{count} {obstacle.value}" for obstacle, count in one.reasons.most_common())
        pair = f"parts {site.pieces[one.first].number} and {site.pieces[one.second].number}"
        reasons.append(f"Between {pair} {total} ways were tried: {why}.")
    return (
        f"No safe strut of {size.diameter_mm:g} mm was found for {named}. {' '.join(reasons)} Nothing was changed. "
        "Pick points by hand (from, to), allow a thinner strut, a smaller fillet or less clearance, protect less, or "
        "remove parts that are too small to hold (fragments)."
    )


def notes_of(struts: Sequence[dict[str, Any]], parts: int, bodies: int, size: StrutSize, added_ml: float) -> list[str]:
    """The struts in words."""
    count = len(struts)
    out = [
        f"{parts} loose parts became {_bodies(bodies)} by {count} strut{'s' * (count != 1)} ({added_ml:.3g} ml). "
        "Struts are not anatomy: they are listed here and gray in files with colors.",
    ]
    for number, one in enumerate(struts[:SAID], 1):
        start, end = ("({:.1f}, {:.1f}, {:.1f})".format(*one[key]) for key in ("from_mm", "to_mm"))
        out.append(
            f"Strut {number}: part {one['from_part']} at {start} to part {one['to_part']} at {end}, "
            f"{one['length_mm']:.1f} mm long, {one['diameter_mm']:g} mm thick (thinnest measured "
            f"{one['thinnest_mm']:.2f} mm), feet {one['feet_mm'][0]:.1f} and {one['feet_mm'][1]:.1f} mm."
        )
    if count > SAID:
        out.append(f"{count - SAID} more struts are in the receipt's details.")
    return out


def warnings_of(struts: Sequence[dict[str, Any]], pieces: Sequence[Piece], each: int, size: StrutSize) -> list[str]:
    """What a person should look at."""
    out = []
    soft = [n for n, one in enumerate(struts, 1) if one["bends_mm_per_newton"] > SOFT_MM]
    if soft:
        out.append(
            f"Struts {_listed(soft)} are long for their thickness: a pull of 100 grams would shift the parts by more "
            f"than {SOFT_MM:g} mm (estimate for plastic). Use a larger diameter, or several struts for each pair."
        )
    plain = [n for n, one in enumerate(struts, 1) if min(one["fillets_mm"]) < 0.25 * size.fillet_mm]
    if plain:
        out.append(f"Struts {_listed(plain)} have little or no fillet: there was no room for a wider foot.")
    thin = [n for n, one in enumerate(struts, 1) if one["diameter_mm"] < size.diameter_mm]
    if thin:
        out.append(f"Struts {_listed(thin)} are thinner than {size.diameter_mm:g} mm: no thicker one was safe.")
    volume = {piece.number: piece.volume_mm3 / 1000.0 for piece in pieces}
    small = [
        n for n, one in enumerate(struts, 1) if one["volume_ml"] > min(volume[one["from_part"]], volume[one["to_part"]])
    ]
    if small:
        out.append(f"Struts {_listed(small)} are larger than the part that they hold. Consider removing such parts.")
    pairs: dict[tuple[int, int], int] = {}
    for one in struts:
        key = (one["from_part"], one["to_part"])
        pairs[key] = pairs.get(key, 0) + 1
    fewer = [f"{a}-{b}" for (a, b), count in pairs.items() if count < each]
    if fewer:
        out.append(f"Fewer than {each} struts were possible between parts {', '.join(fewer[:SAID])}.")
    return out


def _name(piece: Piece) -> str:
    return "part {} ({:.3g} ml, at ({:.0f}, {:.0f}, {:.0f}))".format(
        piece.number, piece.volume_mm3 / 1000.0, *piece.center_mm
    )


def _bodies(count: int) -> str:
    return "one body" if count == 1 else f"{count} bodies"


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:SAID]))
    return shown + (f" and {len(numbers) - SAID} more" if len(numbers) > SAID else "")
