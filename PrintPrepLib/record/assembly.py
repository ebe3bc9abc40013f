"""The picture of an assembly: its parts in their colors and with their numbers, together and moved apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import GeometryError
from ..export.write import WrittenFile
from ..mesh import FloatArray, Mesh, concatenate
from ..progress import Progress, part, silent
from ..shape.cut.assembly import Assembly, PartKind
from ..shape.marks.seams import face_plane, part_number
from . import canvas
from .canvas import Pixels
from .cut_faces import with_own_corners
from .explode import exploded_offsets
from .groups import Groups
from .pictures import View, camera_axes, picture_of_mesh
from .raster import rasterize
from .seam import render_seam
from .shade import rotated

__all__ = ["picture_of_assembly", "render_assembly", "render_seam"]

SIZE = (1600, 1060)
"""Of the part above the list."""
VIEWS = 2
"""Views that are chosen when none is asked for."""
PREFERRED = (View.THREE_QUARTER, View.FRONT, View.LEFT, View.TOP, View.BACK, View.RIGHT, View.BOTTOM)
"""Of views in which the parts hide each other equally little, the first of these."""
COVER_PIXELS = 120
"""Pixels across the small pictures in which it is measured how much parts hide each other."""
ALIKE = 0.02
"""Shares of hidden parts this close are taken for equal. Ours: a row of such small pixels."""
_LINE = 34
_INK = (0.13, 0.16, 0.20)
_ROWS_OF_PARTS = 12


def render_assembly(
    assembly: Assembly,
    path: Path | str,
    *,
    explode: float = 1.0,
    views: Sequence[View] | None = None,
    title: str = "",
    order: Sequence[str] = (),
    size: tuple[int, int] = SIZE,
    progress: Progress = silent,
) -> WrittenFile:
    """Draw an assembly as :func:`picture_of_assembly` does and write it as PNG.

    Raises
    ------
    GeometryError
        There are no parts, or one is empty.
    ExportError
        The file cannot be written.
    """
    picture = picture_of_assembly(
        assembly, explode=explode, views=views, title=title, order=order, size=size, progress=progress
    )
    return canvas.write_png(picture, path)


def picture_of_assembly(
    assembly: Assembly,
    *,
    explode: float = 1.0,
    views: Sequence[View] | None = None,
    title: str = "",
    order: Sequence[str] = (),
    size: tuple[int, int] = SIZE,
    progress: Progress = silent,
) -> Pixels:
    """Draw the parts together on the left and moved apart on the right, with a list of them below.

    Each side has its own scale bar. The numbers are those that are engraved on the parts.

    Parameters
    ----------
    assembly : Assembly
        Parts in their places.
    explode : float
        How far apart; see :func:`~.explode.exploded_offsets`.
    views : sequence of View, optional
        One row each; by default those in which the parts, moved apart, hide each other least.
    title : str
        Heading of the left side.
    order : sequence of str
        Steps of the assembly, a line each.
    size : (width, height)
        Pixels, the list left out.
    progress : Progress
        Receiver.

    Returns
    -------
    (height, width, 3) float64
        0..1.
    """
    if not assembly.parts or any(piece.mesh.is_empty for piece in assembly.parts):
        raise GeometryError("The assembly has no parts, or an empty one; there is nothing to draw.")
    offsets = exploded_offsets(assembly, explode)
    together = [_with_flat_faces(assembly, number) for number in range(len(assembly.parts))]
    apart = moved_apart(together, offsets)
    chosen = tuple(views) if views is not None else clear_views(apart, VIEWS)
    bodies = len(assembly.bodies)
    dowels = len(assembly.parts) - bodies
    facts = f"{bodies} parts" + (f" and {dowels} loose pins" if dowels else "")
    sides = (
        (together, title or "Together", _size_words(together)),
        (apart, "Moved apart", facts),
    )
    pictures = []
    for index, (meshes, heading, words) in enumerate(sides):
        whole = concatenate(meshes, heading)
        pictures.append(
            picture_of_mesh(
                whole, views=chosen, size=(size[0] // 2, size[1]), title=heading, facts=words, columns=1,
                colors=_vertex_colors(assembly, meshes), groups=_groups(assembly),
                progress=part(progress, index / 2, (index + 1) / 2),
            )
        )  # fmt: skip
    picture = np.concatenate(pictures, axis=1)
    return np.concatenate([picture, _list(assembly, order, picture.shape[1])])


def moved_apart(meshes: Sequence[Mesh], offsets: FloatArray) -> list[Mesh]:
    """Meshes, each moved by its offset (k, 3)."""
    return [mesh.with_vertices(mesh.vertices + offset) for mesh, offset in zip(meshes, offsets, strict=True)]


def clear_views(meshes: Sequence[Mesh], count: int) -> tuple[View, ...]:
    """Views in which meshes hide each other least, the best first."""
    casters = _casters(meshes)
    hidden = {view: _hidden(casters, view) for view in PREFERRED}
    least = min(hidden.values())
    ranked = sorted(PREFERRED, key=lambda view: (round((hidden[view] - least) / ALIKE), PREFERRED.index(view)))
    return tuple(ranked[:count])


def hidden_share(meshes: Sequence[Mesh], view: View) -> float:
    """How much of the meshes' shadows in a view lies on shadows of others, 0 to 1."""
    return _hidden(_casters(meshes), view)


@dataclass(frozen=True, eq=False)
class _Caster:
    """What throws the shadow of a mesh, in small pixels: its large triangles, and one point for all small ones near."""

    large: Mesh
    points: FloatArray


def _casters(meshes: Sequence[Mesh]) -> list[_Caster]:
    low = np.min([mesh.bounds[0] for mesh in meshes], axis=0)
    high = np.max([mesh.bounds[1] for mesh in meshes], axis=0)
    pixel = max(float((high - low).max()), 1e-9) / COVER_PIXELS
    out = []
    for mesh in meshes:
        scaled = (mesh.vertices - low) / pixel
        a, b, c = (scaled[mesh.faces[:, k]] for k in range(3))
        large = (np.maximum(np.maximum(a, b), c) - np.minimum(np.minimum(a, b), c) > 1.0).any(axis=1)
        used = np.zeros(len(scaled), bool)
        used[mesh.faces[~large].ravel()] = True
        boxes = np.zeros((COVER_PIXELS + 1,) * 3, bool)
        boxes[tuple(scaled[used].astype(np.int64).T)] = True
        small = np.argwhere(boxes).astype(np.float64)
        out.append(_Caster(Mesh(scaled, mesh.faces[large]).without_unused_vertices(), np.asarray(small + 0.5)))
    return out


def _hidden(casters: Sequence[_Caster], view: View) -> float:
    axes = camera_axes(view)
    flat = [(rotated(caster.large.vertices, axes), rotated(caster.points, axes)) for caster in casters]
    everything = np.concatenate([points for pair in flat for points in pair])[:, :2]
    low = everything.min(axis=0)
    width, height = (np.floor(everything.max(axis=0) - low).astype(int) + 1).tolist()
    covers = np.zeros((height, width), np.int64)
    for caster, (large, points) in zip(casters, flat, strict=True):
        shadow = np.zeros((height, width), bool)
        column, row = (points[:, :2] - low).astype(np.int64).T
        shadow[row, column] = True
        if not caster.large.is_empty:
            large[:, :2] -= low
            shadow |= rasterize(large, caster.large.faces, width, height).face >= 0
        covers += shadow
    return float(np.maximum(covers - 1, 0).sum() / max(covers.sum(), 1))


def _with_flat_faces(assembly: Assembly, number: int) -> Mesh:
    seams = [seam for seam in assembly.seams if number in (seam.below, seam.above)]
    faces = [face_plane(seam, above=number == seam.above) for seam in seams]
    return with_own_corners(assembly.parts[number].mesh, faces)


def _vertex_colors(assembly: Assembly, meshes: Sequence[Mesh]) -> FloatArray:
    colors = [np.array(piece.color) / 255.0 for piece in assembly.parts]
    return np.repeat(np.stack(colors), [len(mesh.vertices) for mesh in meshes], axis=0)


def _groups(assembly: Assembly) -> Groups:
    of_face = np.repeat(np.arange(len(assembly.parts)), [len(piece.mesh.faces) for piece in assembly.parts])
    return Groups(of_face, tuple(_word(assembly, number) for number in range(len(assembly.parts))))


def _word(assembly: Assembly, number: int) -> str:
    return part_number(number) if assembly.parts[number].kind is PartKind.BODY else ""


def _size_words(meshes: Sequence[Mesh]) -> str:
    low = np.min([mesh.bounds[0] for mesh in meshes], axis=0)
    high = np.max([mesh.bounds[1] for mesh in meshes], axis=0)
    return " x ".join(f"{side:.1f}" for side in high - low) + " mm"


def _list(assembly: Assembly, order: Sequence[str], width: int) -> Pixels:
    """Color, number and name of each part, and the order of assembly, below each other."""
    bodies = [number for number, piece in enumerate(assembly.parts) if piece.kind is PartKind.BODY]
    rows = min(len(bodies), _ROWS_OF_PARTS)
    columns = -(-len(bodies) // rows)
    strip = canvas.blank(width, 24 + _LINE * (rows + (len(order) + 1 if order else 0)))
    for index, number in enumerate(bodies):
        x, y = 16 + index // rows * (width // columns), 12 + index % rows * _LINE
        canvas.draw_box(strip, x, y + 4, x + 26, y + 26, (0.4, 0.4, 0.4))
        red, green, blue = (value / 255.0 for value in assembly.parts[number].color)
        canvas.draw_box(strip, x + 1, y + 5, x + 25, y + 25, (red, green, blue))
        canvas.draw_text(strip, _word(assembly, number), x + 38, y + 15, size=21, anchor=(0.0, 0.5), bold=True)
        canvas.draw_text(strip, assembly.parts[number].name, x + 84, y + 15, size=21, anchor=(0.0, 0.5), color=_INK)
    for index, line in enumerate(("Order of assembly", *order) if order else ()):
        y = 12 + (rows + index) * _LINE + 15
        canvas.draw_text(strip, line, 16, y, size=21, anchor=(0.0, 0.5), color=_INK, bold=index == 0)
    return strip
