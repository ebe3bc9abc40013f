"""The picture of a seam: both cut faces, looked at straight, side by side like an opened book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError
from ..export.write import WrittenFile
from ..mesh import FloatArray, Mesh, concatenate
from ..progress import Progress, silent
from ..shape.cut.assembly import Assembly, Seam
from ..shape.cut.plane import CutPlane
from ..shape.marks.seams import face_plane, part_number, seam_letter
from . import canvas
from .canvas import Pixels
from .cut_faces import lies_on
from .explode import nearest_seam_number
from .groups import write_with_rim
from .lettering import FOOT, HEAD, write_directions, write_heading, write_scale_bar
from .pictures import FINE_TRIANGLES
from .raster import rasterize
from .shade import rotated, shade

SIZE = (1600, 900)
CLEAR_MM = 2.0
"""Triangles that lie wholly so far before the face, and before the longest pin, are left out: they would hide it."""
REST_SHARE = 0.45
"""Share of the part's color in what is not the cut face; the rest is gray, so that the face stands out. Ours."""
_GRAY = 0.62
_MARGIN = 0.16
"""Share of a panel left free on each side for labels."""
_OUTLINE = (0.10, 0.13, 0.18)
_CIRCLE = (0.75, 0.10, 0.10)
_CIRCLE_STEPS = 48
_LABEL = 20
_LINE = 27
_ROOM_FOR_NAME = 17.0
"""Radius in pixels of a circle that holds its name."""
_LIST = (44, 250)
"""Where the list of pins begins below the panel's heading, and how far its columns are apart, pixels."""
_LIST_ROWS = 3
UPWARD = np.array([0.0, -0.3, 1.0])
"""What is drawn upward, LPS: superior first, and anterior where a plane has neither up nor down."""
_WORDS = {"plug": "pin"}
"""What the heading calls a type, where it is not its own name."""


@dataclass(frozen=True)
class _Circle:
    """A pin or a hole on a face: middle (2,) in the plane, diameter, and what is written beside it."""

    middle: FloatArray
    diameter_mm: float
    words: str


def render_seam(
    assembly: Assembly,
    seam_number: int,
    path: Path | str,
    *,
    size: tuple[int, int] = SIZE,
    progress: Progress = silent,
) -> WrittenFile:
    """Draw a seam as :func:`picture_of_seam` does and write it as PNG.

    Raises
    ------
    GeometryError
        There is no such seam.
    ExportError
        The file cannot be written.
    """
    return canvas.write_png(picture_of_seam(assembly, seam_number, size=size, progress=progress), path)


def picture_of_seam(
    assembly: Assembly, seam_number: int, *, size: tuple[int, int] = SIZE, progress: Progress = silent
) -> Pixels:
    """Draw both faces of a seam to one scale: outlines, pins and holes with their diameters, engraved marks.

    The left one is the face of the part below. The part above is turned over about a vertical line, as one opens a
    book, so that what meets lies at equal distances from the middle between both.

    Parameters
    ----------
    assembly : Assembly
        Finished parts; ``pins`` as the cut gives them.
    seam_number : int
        Which seam.
    size : (width, height)
        Pixels.
    progress : Progress
        Receiver.

    Returns
    -------
    (height, width, 3) float64
        0..1.
    """
    if not 0 <= seam_number < len(assembly.seams):
        raise GeometryError(f"There is no seam {seam_number + 1}; the assembly has {len(assembly.seams)}.")
    seam = assembly.seams[seam_number]
    pins = [pin for pin in assembly.pins if _seam_of(assembly, pin) == seam_number]
    width, height = size
    picture = canvas.blank(width, height)
    panel = (width // 2, height - HEAD - FOOT)
    left, low, right, high = seam.outline.bounds()
    zoom = min(
        panel[0] * (1 - 2 * _MARGIN) / max(right - left, 1e-6), panel[1] * (1 - 2 * _MARGIN) / max(high - low, 1e-6)
    )
    for index, above in enumerate((False, True)):
        progress(index / 2, "Drawing the faces of a seam")
        image = _face(assembly, seam, pins, panel, zoom, above=above)
        canvas.paste(picture, image, index * panel[0], HEAD)
    names = " and ".join(_name(assembly, number) for number in (seam.below, seam.above))
    kinds = Counter(_WORDS.get(str(pin["type"]), str(pin["type"])) for pin in pins)
    count = ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for word, number in kinds.items()) or "no pins"
    kerf = f",  {seam.kerf_mm:g} mm taken by the cut" if seam.kerf_mm else ""
    write_heading(picture, f"Seam {seam_letter(seam_number)}: {names}",
                  f"{seam.area_mm2 / 100.0:.2f} cm²,  {count}{kerf}")  # fmt: skip
    write_scale_bar(picture, zoom, height)
    return picture


def _face(
    assembly: Assembly, seam: Seam, pins: list[dict[str, Any]], panel: tuple[int, int], zoom: float, *, above: bool
) -> Pixels:
    """One panel: the face of the part above or below, seen from outside."""
    number = seam.above if above else seam.below
    piece = assembly.parts[number]
    first, second, normal = seam.plane.axes
    axes = np.stack([-first, -second, normal] if above else [first, -second, -normal])
    if -axes[1] @ UPWARD < 0.0:  # the head, or in an axial plane the front, is at the top
        axes[:2] *= -1.0
    left, low, right, high = seam.outline.bounds()
    middle = seam.plane.to_world(np.array([[0.5 * (left + right), 0.5 * (low + high)]]))[0]
    face = face_plane(seam, above=above)
    reach = max([float(pin.get("length_mm", 0.0)) for pin in pins], default=0.0) + CLEAR_MM
    mesh, on_face = _cleared(piece.mesh, face, reach, above=above)
    fine = 2 if len(mesh.faces) <= FINE_TRIANGLES else 1
    screen = rotated(mesh.vertices - middle, axes * (zoom * fine))
    screen[:, :2] += (panel[0] * fine / 2.0, panel[1] * fine / 2.0)
    color = np.array(piece.color) / 255.0
    colors = np.where(on_face[:, None], color, REST_SHARE * color + (1.0 - REST_SHARE) * _GRAY)
    seen = rasterize(screen, mesh.faces, panel[0] * fine, panel[1] * fine)
    image = shade(seen, screen, mesh.faces, mesh.vertex_normals(), axes, colors=colors, fine=fine)
    if fine == 2:
        rows = image[0::2] + image[1::2]
        image = (rows[:, 0::2] + rows[:, 1::2]) / 4.0

    def on_screen(flat: FloatArray) -> FloatArray:
        """Pixels (k, 2) of places (k, 2) in the plane."""
        out = rotated(seam.plane.to_world(np.asarray(flat, np.float64)) - middle, axes * zoom)[:, :2]
        return np.asarray(out + np.array(panel) / 2.0)

    rings = [on_screen(np.asarray(ring)) for ring in seam.outline.to_polygons()]
    canvas.draw_segments(image, np.concatenate(rings), np.concatenate([np.roll(r, -1, axis=0) for r in rings]),
                         _OUTLINE, width=2.0)  # fmt: skip
    circles = [circle for pin in pins if (circle := _circle(pin, seam, above=above)) is not None]
    _draw_circles(image, circles, on_screen)
    write_directions(image, axes)
    canvas.draw_text(image, f"Face of {_name(assembly, number)}", 16, 10, size=21, color=_OUTLINE)
    return image


def _cleared(mesh: Mesh, face: CutPlane, reach_mm: float, *, above: bool) -> tuple[Mesh, npt.NDArray[np.bool_]]:
    """Part without what hides its face, and which vertices belong to the face.

    The face gets vertices of its own, so that its color ends at its edge.
    """
    flat = lies_on(mesh, face)
    before = face.distance(mesh.vertices) * (-1.0 if above else 1.0)
    rest = ~flat & (before[mesh.faces].min(axis=1) <= reach_mm)
    pieces = [mesh.submesh(chosen) for chosen in (flat, rest)]
    if not flat.any():
        raise GeometryError(f"The part '{mesh.name}' has no face at the seam that is to be drawn.")
    on_face = np.repeat([True, False], [len(piece.vertices) for piece in pieces])
    return concatenate(pieces), on_face


def _seam_of(assembly: Assembly, pin: dict[str, Any]) -> int:
    """Number of the seam that a pin stands on: as the cut says, else the nearest."""
    if "seam" in pin:
        return int(pin["seam"])
    return nearest_seam_number(assembly, np.array(pin["at_mm"])) if "at_mm" in pin else -1


def _circle(pin: dict[str, Any], seam: Seam, *, above: bool) -> _Circle | None:
    """What a pin is on a face: itself, or the hole for it; None for rails, which show in the outline."""
    if "diameter_mm" not in pin:
        return None
    middle = seam.plane.to_local(np.array([pin["at_mm"]]))[0, :2]
    diameter = float(pin["diameter_mm"])
    upward = float(np.dot(pin["axis"], seam.plane.normal)) > 0.0
    has_foot = upward != above  # the axis points from the foot to the hole
    if pin["type"] == "plug" and has_foot:
        return _Circle(middle, diameter, f"pin Ø {diameter:.2f} mm")
    hole = diameter + 2.0 * float(pin["clearance"]["across_mm"])
    word = "magnet pocket" if pin["type"] == "magnet" else "hole"
    return _Circle(middle, hole, f"{word} Ø {hole:.2f} mm")


def _draw_circles(image: Pixels, circles: list[_Circle], on_screen: Callable[[FloatArray], FloatArray]) -> None:
    """Draw circles with their numbers, and what they are in a list at the head of the panel."""
    if not circles:
        return
    angle = np.linspace(0.0, 2.0 * np.pi, _CIRCLE_STEPS, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    edges = [on_screen(circle.middle + 0.5 * circle.diameter_mm * ring) for circle in circles]
    next_ones = [np.roll(edge, -1, axis=0) for edge in edges]
    canvas.draw_segments(image, np.concatenate(edges), np.concatenate(next_ones), _CIRCLE, width=2.0)
    for index, circle in enumerate(circles):
        at = on_screen(circle.middle[None])[0]
        radius = 0.5 * float(np.ptp(edges[index], axis=0).max())
        if radius < _ROOM_FOR_NAME:  # beside a small circle, towards the nearer side of the panel
            away = at - 0.5 * np.array(image.shape[1::-1])
            at = at + away / max(float(np.linalg.norm(away)), 1.0) * (radius + _ROOM_FOR_NAME)
        x, y = at.tolist()
        write_with_rim(image, f"P{index + 1}", x, y, anchor=(0.5, 0.5), size=_LABEL)
        left, top = 16 + index // _LIST_ROWS * _LIST[1], _LIST[0] + index % _LIST_ROWS * _LINE
        write_with_rim(image, f"P{index + 1}  {circle.words}", left, top, anchor=(0.0, 0.0), size=_LABEL, bold=False)


def _name(assembly: Assembly, number: int) -> str:
    """Name of a part with its number, once."""
    name, digits = assembly.parts[number].name, part_number(number)
    return name if digits in name else f"{digits} ({name})"
