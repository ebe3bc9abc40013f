"""What a cut gives: parts in their places, the seams where they meet, and what holds them together."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from ...mesh import Mesh
from ...receipt import measure_mesh
from .plane import CutPlane

if TYPE_CHECKING:
    import manifold3d

Color = tuple[int, int, int]

COLORS: tuple[Color, ...] = (
    (222, 203, 173),
    (120, 164, 200),
    (226, 152, 120),
    (142, 186, 140),
    (196, 160, 204),
    (228, 196, 96),
    (128, 196, 192),
    (208, 132, 156),
)
"""Colors of parts in their order, sRGB; neighbors differ in lightness as well, for eyes that do not tell red from
green."""
LOOSE_COLOR: Color = (150, 150, 150)
"""Color of dowels and stands: they are not anatomy."""


class PartKind(Enum):
    """What a part is."""

    BODY = "body"
    DOWEL = "dowel"
    STAND = "stand"


@dataclass(frozen=True, eq=False)
class Part:
    """One piece to print, in its place in the patient.

    Attributes
    ----------
    name : str
        For people and files: ``"part 1"``, or what the user called the model and the side.
    mesh : Mesh
        Closed, outward, LPS mm.
    color : (red, green, blue)
        0..255.
    kind : PartKind
        Piece of the model, a loose dowel, or a stand that is not joined with the model.
    bodies : int
        Closed bodies that it consists of: 1, unless the model had loose pieces on this side.
    """

    name: str
    mesh: Mesh
    color: Color
    kind: PartKind = PartKind.BODY
    bodies: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        measures = measure_mesh(self.mesh)
        return {
            "name": self.name,
            "kind": self.kind.value,
            "color": list(self.color),
            "volume_ml": measures.volume_mm3 / 1000.0,
            "triangles": measures.triangles,
            "bodies": self.bodies,
            "size_mm": self.mesh.size_mm.tolist(),
            "open_edges": measures.open_edges,
            "non_manifold_edges": measures.non_manifold_edges,
        }


@dataclass(frozen=True, eq=False)
class Seam:
    """Flat faces of two parts that look at each other.

    Attributes
    ----------
    plane : CutPlane
        In the middle of the kerf.
    below, above : int
        Numbers of the parts; the plane's normal points from ``below`` to ``above``.
    outline : manifold3d.CrossSection
        Where both faces are, in the plane's local coordinates; it may have holes and several pieces.
    kerf_mm : float
        Width that the cut took away: the faces stand so far apart.
    """

    plane: CutPlane
    below: int
    above: int
    outline: manifold3d.CrossSection
    kerf_mm: float = 0.0

    @property
    def area_mm2(self) -> float:
        """Area of the faces that look at each other."""
        return float(self.outline.area())

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "below": self.below,
            "above": self.above,
            "point_mm": list(self.plane.point_mm),
            "normal": list(self.plane.normal),
            "area_mm2": self.area_mm2,
            "kerf_mm": self.kerf_mm,
        }


@dataclass(frozen=True, eq=False)
class Assembly:
    """Parts in their places.

    ``pins`` and ``proof`` are what the pins' room tells about each joint, as plain JSON values; ``order`` are the steps
    of putting it together, in words, where they are known.
    """

    parts: tuple[Part, ...]
    seams: tuple[Seam, ...] = ()
    pins: tuple[dict[str, Any], ...] = ()
    proof: dict[str, Any] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    @property
    def bodies(self) -> tuple[Part, ...]:
        """The parts that are pieces of the model, dowels left out."""
        return tuple(part for part in self.parts if part.kind is PartKind.BODY)
