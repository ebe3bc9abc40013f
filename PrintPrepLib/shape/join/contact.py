"""Touching faces of two closed bodies: shared, overlapping, or with a gap between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import Mesh
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial.change import change_between
from ..identical import is_among
from .bodies import as_clean, as_solid, bodies_of, first_clean
from .contact_measure import Between, measured_gap, measured_overlap, thinnest_across
from .near import LEAST_MM3, TOUCH_MM, ContactPair, contact_report, in_words, nearest_points, signed_and_normal
from .offset import BITES_MM, MITER, Grown, grown_near

if TYPE_CHECKING:
    import manifold3d

CONTACT_MM = 0.05
"""Faces nearer than this are one contact unless asked for otherwise: what smoothing two neighbors alone leaves is of
this size, and a printer does not leave such a gap open."""
SHARE_OFF = 0.05
"""Places where the gap or overlap is off by a larger share of what was wanted are named."""


class ContactMode(Enum):
    """What becomes of the faces where two bodies touch."""

    SHARED = "shared"
    OVERLAP = "overlap"
    GAP = "gap"


def fit_contact(
    first: Mesh,
    second: Mesh,
    *,
    mode: Annotated[ContactMode, Param("Faces that touch are shared, overlap, or leave a gap.")],
    amount_mm: Annotated[float, Param("Width of the overlap or gap; 0 for shared faces.", unit="mm", low=0.0)] = 0.0,
    contact_mm: Annotated[
        float, Param("Faces nearer than this count as touching when they are made to overlap.", unit="mm", low=0.0)
    ] = CONTACT_MM,
    progress: Progress = silent,
) -> tuple[tuple[Mesh, Mesh], Receipt]:
    """Let the faces where two bodies touch be shared, overlap, or leave a gap.

    Where the bodies overlap to begin with, as neighbors do that were smoothed alone, the first keeps its shape and the
    second gives way, for every mode. Then, for a ``GAP``, what is nearer to the first than the amount is taken from
    the second, the first stays bit for bit. For an ``OVERLAP``, the first grows into the second by the amount, never
    through it and nowhere else, and the second stays bit for bit (but for an overlap that was there). Nothing is
    re-voxelized; faces away from the contact keep their vertices bit for bit.

    Parameters
    ----------
    first, second : Mesh
        Closed solids; others go up the repair ladder first, but for its last rung.
    mode, amount_mm, contact_mm
        See above.
    progress : Progress
        May cancel.

    Returns
    -------
    (first, second) : tuple of Mesh
        Closed, manifold, without crossings once they stand in an STL file.
    receipt : Receipt
        Of the body that changed most; ``details`` holds the measured gap or overlap, places off by more than 5 %, the
        thinnest place of the second body across the contact, the overlap that was there before, and what stayed.

    Raises
    ------
    InputError
        The amount does not fit the mode.
    GeometryError
        The bodies do not touch; the contact would go through a thin place; a result is no clean solid.
    """
    watch = Stopwatch()
    _check_amount(mode, amount_mm, contact_mm)
    one, mended_one = as_solid(first, f"The first body ('{first.name}')", part(progress, 0.0, 0.1))
    two, mended_two = as_solid(second, f"The second body ('{second.name}')", part(progress, 0.1, 0.2))
    before = _pair(one, two, amount_mm if mode is ContactMode.GAP else contact_mm)
    progress(0.2, "Fitting the contact")
    solids = one.to_manifold(), two.to_manifold()
    free, overlap_mm3 = two, max(float((solids[0] ^ solids[1]).volume()), 0.0)
    if overlap_mm3 > LEAST_MM3 and mode is not ContactMode.GAP:
        free = _solid_of((solids[1] - solids[0],), two, "Taking the overlap from the second body")
    grown: Grown | None = None
    thin: dict[str, Any] | None = None
    results = one, free
    between: Between | None = None
    if mode is not ContactMode.SHARED:
        thin = thinnest_across(one, two, amount_mm)
        share = part(progress, 0.3, 0.6)
        if mode is ContactMode.GAP:
            grown = grown_near(one, two, amount_mm, MITER * amount_mm + TOUCH_MM, share)
            results = one, _solid_of((solids[1] - _tool(grown, one),), two, "Leaving the gap", thin)
            between = measured_gap(one, two, results[1], amount_mm, SHARE_OFF)
        else:
            amount = _with_gaps(one, free, amount_mm, contact_mm)
            grown = grown_near(one, free, amount, contact_mm + TOUCH_MM, share, facing_only=True)
            tool = _tool(grown, one)
            gap = contact_mm if _has_gaps(free, one, contact_mm) else 0.0
            tries = (solids[0] + (tool ^ _bridged(free, one, gap + bite)) for bite in BITES_MM)
            results = _solid_of(tries, one, "Making the overlap", thin), free
            between = measured_overlap(one, results[0], results[1], amount_mm, SHARE_OFF)
    _check_whole(one, two, results, mode, amount_mm, thin)
    changed = (one, results[0]) if mode is ContactMode.OVERLAP else (two, results[1])
    progress(0.7, "Measuring the contact")
    after = _pair(*results, np.inf)
    details: dict[str, Any] = {
        "stays_true": _stays(first, second, results, mode),
        "overlap_before_ml": overlap_mm3 / 1000.0,
        "before": before.to_dict(),
        "after": after.to_dict(),
        "between": None if between is None else between.to_dict(),
        "thinnest_across": thin,
        "held_places": [] if grown is None else np.round(grown.held[:100], 3).tolist(),
        "unchanged_vertices": [_same(one, results[0]), _same(two, results[1])],
        "repairs": [None if receipt is None else receipt.to_dict() for receipt in (mended_one, mended_two)],
    }
    notes, warnings = _words(details, mode, amount_mm, grown, between, (mended_one, mended_two))
    change = change_between(*changed, part(progress, 0.8, 1.0))
    asked = {"mode": mode, "amount_mm": amount_mm, "contact_mm": contact_mm}
    names = results[0].with_name(first.name), results[1].with_name(second.name)
    return names, Receipt(
        "contact", asked, watch.seconds, measure_mesh(changed[0]), measure_mesh(changed[1]), change,
        tuple(notes), tuple(warnings), details,
    )  # fmt: skip


def _check_amount(mode: ContactMode, amount: float, contact: float) -> None:
    if not (0.0 <= amount < np.inf and 0.0 <= contact < np.inf):
        raise InputError(f"The width of a contact must not be negative, got {amount:g} mm and {contact:g} mm.")
    if mode is ContactMode.SHARED and amount > 0.0:
        raise InputError(f"Shared faces have no width: leave out the {amount:g} mm, or choose overlap or gap.")
    if mode is not ContactMode.SHARED and amount <= TOUCH_MM:
        raise InputError(f"The width of the {mode.value} must be above {TOUCH_MM:g} mm, got {amount:g} mm.")


def _pair(first: Mesh, second: Mesh, within_mm: float) -> ContactPair:
    """Measure the pair; refuse where there is no contact."""
    found = contact_report([first, second])
    if found and found[0].gap_mm <= within_mm:
        return found[0]
    nearest = nearest_points(first, second)
    if nearest.distance_mm > within_mm:
        raise GeometryError(
            f"'{first.name}' and '{second.name}' do not touch: they are {nearest.distance_mm:.3g} mm apart, nearest at "
            f"{in_words(nearest.on_first)}. Move them together, or give a larger contact distance."
        )
    return ContactPair(0, 1, 0.0, 0.0, 0.0, nearest.distance_mm, nearest.on_first)


def _with_gaps(first: Mesh, second: Mesh, amount: float, contact: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How far each vertex (n,) of the first goes to reach the amount into the second: over the gap there, too."""
    gap, _ = signed_and_normal(second, first.vertices, contact)
    return amount + np.where(np.isfinite(gap), np.clip(gap, 0.0, contact), 0.0)


def _bridged(second: Mesh, first: Mesh, amount: float) -> manifold3d.Manifold:
    """The second body, grown a little into the first, so that no face lies in a face, and over gaps where there are."""
    return _tool(grown_near(second, first, amount, MITER * amount + TOUCH_MM, facing_only=True), second)


def _has_gaps(second: Mesh, first: Mesh, contact: float) -> bool:
    gap, _ = signed_and_normal(first, second.vertices, contact)
    gap = gap[np.isfinite(gap)]
    return bool(((gap > TOUCH_MM) & (gap < contact)).any())


def _tool(grown: Grown, body: Mesh) -> manifold3d.Manifold:
    """The grown body together with the body itself, which a mitered notch may have left."""
    return grown.mesh.to_manifold() + body.to_manifold()


def _solid_of(
    tries: Iterable[manifold3d.Manifold], source: Mesh, what: str, thin: dict[str, Any] | None = None
) -> Mesh:
    """The first of several solids that an STL file can hold; mended lightly where none is."""
    seen: list[manifold3d.Manifold] = []

    def watched() -> Iterator[manifold3d.Manifold]:
        for solid in tries:
            if solid.is_empty() or solid.volume() <= 0.0:
                words = _thin_words(thin)
                raise GeometryError(f"{what} would leave nothing of '{source.name}'.{words} Choose a smaller width.")
            seen.append(solid)
            yield solid

    found = first_clean(watched(), source.name)
    if found is not None:
        return found[1].mesh
    for solid in reversed(seen):
        mesh, _ = as_clean(bodies_of(Mesh.from_manifold(solid, source.name)).mesh)
        if mesh is not None:
            return mesh
    raise GeometryError(
        f"{what} gave '{source.name}' triangles that cross, and light repair did not cure them.{_thin_words(thin)} "
        "Choose another width, or smooth the contact first."
    )


def _thin_words(thin: dict[str, Any] | None) -> str:
    if thin is None:
        return ""
    at = in_words(tuple(thin["at_mm"]))
    return f" Behind the contact the second body is {thin['thickness_mm']:.2g} mm thick at its thinnest, at {at}."


def _check_whole(
    first: Mesh, second: Mesh, results: tuple[Mesh, Mesh], mode: ContactMode, amount: float, thin: dict[str, Any] | None
) -> None:
    """Refuse where a body came apart or got a hole through it."""
    for before, after in ((first, results[0]), (second, results[1])):
        old, new = measure_mesh(before), measure_mesh(after)
        pieces = len(bodies_of(after).outer) - len(bodies_of(before).outer)
        if pieces > 0 or (new.genus or 0) > (old.genus or 0):
            what = f"come apart into {pieces + 1} pieces" if pieces > 0 else "get a hole through it"
            width = "Taking the overlap away" if mode is ContactMode.SHARED else f"A {mode.value} of {amount:g} mm"
            raise GeometryError(
                f"{width} would make '{before.name}' {what}.{_thin_words(thin)} Thicken it there first, or choose less."
            )


def _stays(first: Mesh, second: Mesh, results: tuple[Mesh, Mesh], mode: ContactMode) -> str:
    kept = [mesh.name for mesh, out in ((first, results[0]), (second, results[1])) if out is mesh]
    if kept:
        return " and ".join(f"'{name}'" for name in kept) + " unchanged, bit for bit"
    return f"'{second.name if mode is ContactMode.OVERLAP else first.name}' but for what repair or an overlap took"


def _same(before: Mesh, after: Mesh) -> float:
    """Share of the vertices of a body that are still there, bit for bit."""
    return 1.0 if before is after else float(is_among(before, after).mean())


def _words(
    details: dict[str, Any],
    mode: ContactMode,
    amount: float,
    grown: Grown | None,
    between: Between | None,
    mended: tuple[Receipt | None, Receipt | None],
) -> tuple[list[str], list[str]]:
    notes = [f"Stays true: {details['stays_true']}."]
    warnings = [
        f"The {name} body was no closed solid and was repaired first: see details."
        for name, receipt in zip(("first", "second"), mended, strict=True)
        if receipt is not None
    ]
    if details["overlap_before_ml"] * 1000.0 > LEAST_MM3:
        notes.append(f"Both claimed {details['overlap_before_ml']:.4g} ml: the first kept it, the second gave way.")
    if min(details["unchanged_vertices"]) == 0.0:
        notes.append("A result was mended and stored in single precision: all its vertices were rounded as in an STL.")
    if between is not None:
        notes.append(
            f"The {mode.value} over {between.area_mm2:.3g} mm2 is {between.min_mm:.3g} to {between.max_mm:.3g} mm, "
            f"median {between.median_mm:.3g} mm; {between.within_share:.1%} of the area is within "
            f"{SHARE_OFF:.0%} of {amount:g} mm."
        )
        if between.places:
            worst = between.places[0]
            warnings.append(
                f"The {mode.value} is off by more than {SHARE_OFF:.0%} over {between.off_mm2:.3g} mm2, most at "
                f"{in_words(worst[:3])}: {worst[3]:.3g} mm. Corners and the border of the contact are such places."
            )
    thin = details["thinnest_across"]
    if thin is not None and thin["thickness_mm"] <= amount:
        warnings.append(
            f"Near {in_words(tuple(thin['at_mm']))} the second body is only {thin['thickness_mm']:.2g} mm thick behind "
            f"the contact ({thin['area_mm2']:.2g} mm2 are no thicker than the {mode.value}): it is used up there."
        )
    if grown is not None and len(grown.held):
        warnings.append(
            f"At {len(grown.held)} vertices the contact could not go all the way without crossing itself, for instance "
            f"at {in_words(tuple(grown.held[0]))}."
        )
    return notes, warnings
