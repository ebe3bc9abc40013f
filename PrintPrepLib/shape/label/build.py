"""Cutting a label into a model or raising it, with proof that nothing else happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...receipt import measure_mesh
from ...spatial import crossings_and_contacts
from ...spatial.index import SurfaceIndex
from ...spatial.sampling import area_samples
from ...surface.defects import as_stored
from ..join.bodies import STORED_STEPS
from ..marks.gauge import inside
from .fit import Fitted
from .smooth import submesh_near

if TYPE_CHECKING:
    import manifold3d

CHORD_MM = 0.01
"""Letters on a curved surface are bent in pieces that leave it by this at the most: below any layer."""
PIECE_MM = (0.4, 3.0)
"""Bounds of the length of such a piece."""
VOLUME_SHARE = 0.02
"""What a label adds or takes may differ from area times depth by this share, besides what the roughness of the surface
explains. Ours: a letter that hangs over an edge differs by more."""
INSET_MM = 0.15
"""Depth is measured this far inside the strokes, where no ray runs along a wall."""
NUDGES_MM = (0.0, 0.0137, 0.0291)
"""By how much the end of a tool that lies in the model, or in the air, is moved where storing the result made triangles
cross. Ours: odd numbers, so that no corner meets another again."""
_RAYS_MM = 0.35
_MOST_RAYS = 20_000
_WALL_SAMPLES = 4000


@dataclass(frozen=True)
class Measured:
    """What a label turned out to be.

    Attributes
    ----------
    volume_mm3, expected_mm3 : float
        Added or taken, and what the outline times the depth makes on the smooth surface.
    depth_mm : (least, median, most)
        By rays onto the model before and after.
    rays : int
        On how many the depth stands.
    wall_mm : float or None
        Least material between the engraving and the far side; None where that is out of reach, or for raised letters.
    """

    volume_mm3: float
    expected_mm3: float
    depth_mm: tuple[float, float, float]
    rays: int
    wall_mm: float | None


def tool_of(fitted: Fitted, low_mm: float, high_mm: float) -> manifold3d.Manifold:
    """The label as a solid in its place, from one height over the smooth surface to another."""
    import manifold3d

    straight = manifold3d.Manifold.extrude(fitted.outline.section, high_mm - low_mm).translate((0.0, 0.0, low_mm))
    patch = fitted.patch
    if patch.plane is not None:
        right, up, outward, middle = patch.plane
        return straight.transform(np.stack([right, up, outward, middle], axis=1))
    curvature = max(*patch.sharpest, 1e-6)
    length = float(np.clip(np.sqrt(8.0 * CHORD_MM / curvature), *PIECE_MM))
    return straight.refine_to_length(length).warp_batch(patch.lift)


def put(mesh: Mesh, solid: manifold3d.Manifold, fitted: Fitted) -> tuple[manifold3d.Manifold, Mesh, Measured]:
    """Engrave or raise a label.

    Returns
    -------
    solid : manifold3d.Manifold
        The labelled model, for the next label.
    mesh : Mesh
        The same.
    measured : Measured

    Raises
    ------
    GeometryError
        The result is not what it should be: a part or a tunnel more or less, a volume that the letters do not explain,
        or triangles that cross.
    """
    result, out, tool = _first_clean(mesh, solid, fitted)
    _same_shape(mesh, out, fitted)
    bounds = (-fitted.depth_mm, 0.0) if fitted.engraved else (0.0, fitted.depth_mm)
    expected = float(tool_of(fitted, *bounds).volume())
    volume = abs(out.volume_mm3 - mesh.volume_mm3)
    uneven = float(np.abs(fitted.ground.offsets_mm).mean()) * float(fitted.outline.section.area())
    if not abs(volume - expected) <= VOLUME_SHARE * expected + 2.0 * uneven:
        raise GeometryError(
            f"The label {'takes' if fitted.engraved else 'adds'} {volume:.1f} mm3 where {expected:.1f} mm3 were "
            f"expected, at {_words(_middle(fitted))}: it hangs over an edge. Choose another place, or make it smaller."
        )
    wall = _wall_left(fitted, tool) if fitted.engraved else None
    return result, out, Measured(volume, expected, *_depths(fitted, _near(out, fitted)), wall)


def _same_shape(before: Mesh, after: Mesh, fitted: Fitted) -> None:
    old, new = measure_mesh(before), measure_mesh(after)
    if new.open_edges or new.non_manifold_edges or new.misoriented_edges:
        raise GeometryError("The label left an open surface. Repair the model first, or choose another place.")
    if (old.parts, old.genus) != (new.parts, new.genus):
        what = "breaks through the model" if fitted.engraved else "does not stand on the model everywhere"
        raise GeometryError(
            f"The label {what} at {_words(_middle(fitted))}: parts {old.parts} -> {new.parts}, tunnels {old.genus} -> "
            f"{new.genus}. Make it less deep, or choose another place."
        )


def _first_clean(
    mesh: Mesh, solid: manifold3d.Manifold, fitted: Fitted
) -> tuple[manifold3d.Manifold, Mesh, manifold3d.Manifold]:
    """Put the tool to work; where storing the result would make triangles cross, without its shortest edges, or with
    the tool's hidden end a little elsewhere.
    """
    allowed = _crossing(_near(mesh, fitted))
    crossing = 0
    for nudge in NUDGES_MM:
        low, high = fitted.low_mm, fitted.high_mm
        tool = tool_of(fitted, low, high + nudge) if fitted.engraved else tool_of(fitted, low - nudge, high)
        result = solid - tool if fitted.engraved else solid + tool
        shortest = STORED_STEPS * float(np.abs(result.bounding_box()).max())
        for tried in (result, result.simplify(shortest)):
            out = Mesh.from_manifold(tried, mesh.name)
            crossing = _crossing(_near(out, fitted))
            if crossing <= allowed:
                return tried, out, tool
    raise GeometryError(
        f"The label would leave {crossing} triangles that cross at {_words(_middle(fitted))}. Move it by a tenth of a "
        "millimeter, or repair the model there."
    )


def _crossing(mesh: Mesh) -> int:
    """Triangles that cross as an STL file will hold them."""
    return 0 if mesh.is_empty else len(crossings_and_contacts(as_stored(mesh))[0].faces)


def _depths(fitted: Fitted, after: Mesh) -> tuple[tuple[float, float, float], int]:
    """Depth by rays from outside onto the model before and after."""
    s, t = _inside_strokes(fitted)
    if not len(s):
        raise GeometryError("The strokes of the label are too thin to measure their depth. Make it larger.")
    places, normals = fitted.patch.at(s, t)
    start_mm = fitted.high_mm + 0.5
    start = places + start_mm * normals
    length = start_mm + fitted.depth_mm + 5.0
    old, _ = fitted.ground.index.first_hit(start, -normals, length)
    new, _ = SurfaceIndex(after).first_hit(start, -normals, length)
    found = (new - old) if fitted.engraved else (old - new)
    found = found[np.isfinite(found)]
    if not len(found):
        raise GeometryError("The depth of the label could not be measured. Choose another place.")
    return (float(found.min()), float(np.median(found)), float(found.max())), len(found)


def _inside_strokes(fitted: Fitted) -> tuple[FloatArray, FloatArray]:
    inner = fitted.outline.section.offset(-INSET_MM)
    width, height = fitted.outline.width_mm, fitted.outline.height_mm
    spacing = max(_RAYS_MM, float(np.sqrt(width * height / _MOST_RAYS)))
    s, t = fitted.patch.grid(width, height, spacing)
    lines = [np.asarray(line) for line in inner.to_polygons()]
    if not lines:
        return np.empty(0), np.empty(0)
    start = np.concatenate(lines)
    stop = np.concatenate([np.roll(line, -1, axis=0) for line in lines])
    chosen = inside(np.stack([s, t], axis=1), start, stop)
    return s[chosen], t[chosen]


def _wall_left(fitted: Fitted, tool: manifold3d.Manifold) -> float | None:
    cut = Mesh.from_manifold(tool)
    points = np.concatenate([cut.vertices, area_samples(cut, _WALL_SAMPLES)])
    buried = points[fitted.ground.index.contains(points)]
    least = fitted.ground.to_back(buried)
    return least if np.isfinite(least) else None


def _near(mesh: Mesh, fitted: Fitted) -> Mesh:
    size = 0.5 * float(np.hypot(fitted.outline.width_mm, fitted.outline.height_mm)) + fitted.depth_mm + 2.0
    return submesh_near(mesh, _middle(fitted), size)


def _middle(fitted: Fitted) -> FloatArray:
    return np.asarray(fitted.patch.at(np.zeros(1), np.zeros(1))[0][0])


def _words(point: FloatArray) -> str:
    return ", ".join(f"{value:.1f}" for value in point)
