"""What a cut would do, shown while its plane is dragged: quick, close to it, and never taken for the cut itself.

>>> ready = CutPreview(mesh)                      # once for a model; some tenths of a second   # doctest: +SKIP
>>> shown = ready.preview(plane, request)         # for every move; some hundredths             # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import MissingPackageError, PrintPrepError
from ...mesh import FloatArray, IntArray, Mesh
from ..pins.kinds import PinType
from ..pins.request import PinRequest
from .plane import CutPlane
from .quick_pins import Circle, QuickPin, quick_pins, widest_circle
from .quick_section import Fate, QuickSection, Slicer3D

RAILS = (PinType.TONGUE, PinType.DOVETAIL)
"""Holders that run along the section; only the cut itself finds their line."""
EXACTLY = "Preview: Apply places the pins exactly."


@dataclass(frozen=True, eq=False)
class Shown:
    """What one position of the plane would give.

    Attributes
    ----------
    section : QuickSection
        All regions, each with what the cut would do to it.
    widest : Circle or None
        Widest circle in the regions that are cut.
    pins : tuple of QuickPin
        About where pins would stand.
    wanted : int
        How many pins the seam should have; 0 where none are asked for.
    would_be_refused : bool
        Whether the cut would refuse this position: the plane misses, or its bound ends inside the material.
    sentence : str
        All of it in words.
    """

    section: QuickSection
    widest: Circle | None
    pins: tuple[QuickPin, ...]
    wanted: int
    would_be_refused: bool
    sentence: str

    @property
    def plane(self) -> CutPlane:
        """The plane that is shown."""
        return self.section.plane

    @property
    def area_cm2(self) -> float:
        """Area of what is cut."""
        return self.section.area_mm2() / 100.0

    def outlines_mm(self, fate: Fate = Fate.CUT) -> list[FloatArray]:
        """Outlines (k, 3) of the regions with a fate, LPS; not closed."""
        return [self.plane.to_world(loop) for loop in self.section.loops(fate)]

    def fill_mm(self, fates: Sequence[Fate] = (Fate.CUT,)) -> tuple[FloatArray, IntArray]:
        """Corners (k, 3), LPS, and triangles (m, 3) that fill the regions with some fates, holes left free."""
        loops = [loop for fate in fates for loop in self.section.loops(fate)]
        if not loops:
            return np.empty((0, 3)), np.empty((0, 3), np.int32)
        try:
            import manifold3d
        except ImportError as error:
            raise MissingPackageError("Filling a section needs the package manifold3d.") from error
        triangles = np.asarray(manifold3d.triangulate(loops), np.int32).reshape(-1, 3)
        return self.plane.to_world(np.concatenate(loops)), triangles


class CutPreview:
    """A model made ready for previews.

    Parameters
    ----------
    mesh : Mesh
        Closed, LPS mm: what would be cut.
    """

    def __init__(self, mesh: Mesh) -> None:
        self._slicer = Slicer3D(mesh)

    def preview(self, plane: CutPlane, request: PinRequest | None = None, *, kerf_mm: float = 0.0) -> Shown:
        """Show one position of a plane; ``request`` is None where no pins are wanted."""
        section = self._slicer.section(plane)
        refused = bool(section.loops(Fate.REFUSED)) or not section.loops(Fate.CUT)
        widest = widest_circle(section)
        pins: tuple[QuickPin, ...] = ()
        wanted, trouble = 0, ""
        if request is not None and widest is not None and not request.places_mm and request.kind not in RAILS:
            try:
                pins, wanted = quick_pins(self._slicer, section, request, widest.diameter_mm, kerf_mm)
            except PrintPrepError as error:  # for example a taper that leaves no pin
                trouble = str(error)
        words = _words(section, widest, request, pins, wanted, trouble)
        return Shown(section, widest, pins, wanted, refused, " ".join(words))


def _words(
    section: QuickSection,
    widest: Circle | None,
    request: PinRequest | None,
    pins: tuple[QuickPin, ...],
    wanted: int,
    trouble: str,
) -> list[str]:
    count = sum(region.fate is Fate.CUT for region in section.regions)
    words = []
    if section.loops(Fate.REFUSED):
        words.append(
            "The bound ends inside the material here: Apply would refuse this cut. Make the rectangle larger or move "
            "it away from this branch."
        )
    elif not count:
        if section.plane.bound is not None and section.regions:
            words.append("The rectangle meets no material here: Apply would refuse this cut.")
        else:
            words.append("The plane misses the model: Apply would refuse this cut.")
    if section.open_ends:
        words.append("The model is open where the plane meets it; it is repaired before it is cut.")
    if not count:
        return words
    pieces = "1 outline" if count == 1 else f"{count} separate outlines"
    words.append(f"Section {section.area_mm2() / 100.0:.2f} cm² in {pieces}.")
    if widest is not None:
        words.append(f"Widest circle in it {widest.diameter_mm:.1f} mm.")
    return words + _pin_words(request, pins, wanted, trouble, seen=widest is not None)


def _pin_words(
    request: PinRequest | None, pins: tuple[QuickPin, ...], wanted: int, trouble: str, *, seen: bool
) -> list[str]:
    if request is None:
        return ["No pins were asked for."]
    if trouble:
        return [trouble]
    if request.kind in RAILS:
        return [f"A {request.kind.value} is not previewed: Apply looks for its place along the section."]
    if request.places_mm:
        return ["Places of pins were given by hand: Apply checks them."]
    name = request.kind.value if request.kind is not PinType.PLUG else "pin"
    if not pins:
        if wanted == 0 and seen:
            return ["No pins were asked for."]
        least = request.diameter_mm or request.least_mm
        return [f"About here no {name} of {least:g} mm fits, with its hole and the wall round it.", EXACTLY]
    size = f"{pins[0].diameter_mm:g} mm across and {pins[0].length_mm:g} mm long"
    several = f"{len(pins)} {name}s" if len(pins) > 1 else f"1 {name}"
    short = f" of the {wanted} that it should have" if len(pins) < wanted else ""
    return [f"About {several}{short} would fit, {size}.", EXACTLY]
