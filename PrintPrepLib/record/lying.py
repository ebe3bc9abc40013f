"""Pictures of a model as it may lie on the printer: the bed, overhangs, supports, protected surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..export.write import WrittenFile
from ..mesh import Mesh
from ..plan.orient.find import Candidate, Orientations, laid, overhang_deg
from ..plan.orient.measure import BED_MM, Columns, columns
from ..plan.orient.surface import NOTHING, Protected
from ..progress import Progress, silent
from . import canvas
from .canvas import Pixels
from .lettering import FOOT, HEAD, write_heading, write_scale_bar
from .raster import rasterize
from .shade import rotated, shade

FINE = 2
"""Panels are computed at this many times their size and averaged."""
MARGIN = 0.08
"""Share of a panel left free on each side."""
WORDS_HIGH = 112
"""Pixels below each panel for its figures."""
MOST_COLUMNS = 6_000
"""Support columns drawn at most; more would hide the model."""
BED_PLATE_MM = 0.6
BED_RIM = 0.08
"""Thickness of the drawn bed, and the share of the model's size by which it is larger."""

MODEL = (0.88, 0.85, 0.79)
OVERHANG = (0.90, 0.45, 0.25)
SUPPORT = (0.45, 0.62, 0.80)
PROTECTED = (0.30, 0.62, 0.36)
TOUCHED = (0.60, 0.10, 0.45)
BED = (0.80, 0.82, 0.85)
_INK = (0.13, 0.16, 0.20)
_PALE = (0.45, 0.49, 0.55)


@dataclass(frozen=True)
class _Eye:
    """Rows of the axes in the printer's coordinates: right, down, away."""

    forward: tuple[float, float, float]

    @property
    def axes(self) -> npt.NDArray[np.float64]:
        forward = np.array(self.forward) / np.linalg.norm(self.forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        return np.asarray(np.stack([right, np.cross(forward, right), forward]))


ABOVE, BELOW = _Eye((-0.55, 0.75, -0.38)), _Eye((-0.55, 0.75, 0.42))


def render_orientations(
    mesh: Mesh,
    found: Orientations,
    path: Path | str,
    *,
    protected: Protected = NOTHING,
    shown: Sequence[Candidate] | None = None,
    size: tuple[int, int] = (1800, 1180),
    progress: Progress = silent,
) -> WrittenFile:
    """Draw orientations beside each other, from above and from below, all to one scale, and write a PNG.

    Parameters
    ----------
    mesh : Mesh
        The model that ``found`` was made of.
    found : Orientations
        The candidates.
    protected : Protected
        As in the search: drawn green, and purple where it is touched.
    shown : sequence of Candidate, optional
        By default the chosen one, the best of another kind, and the way the model lies.
    size : (width, height)
        Pixels.
    """
    chosen = list(shown) if shown is not None else telling(found)
    picture = canvas.blank(*size)
    width, height = size[0] // len(chosen), (size[1] - HEAD - FOOT - WORDS_HIGH) // 2
    kept = protected.holds(mesh.vertices) if not protected.is_empty else np.zeros(len(mesh.vertices), bool)
    scenes = [_scene(mesh, found, one, kept) for one in chosen]
    zoom = min(_zoom(points, eye, (width, height)) for points, _, _, _ in scenes for eye in (ABOVE, BELOW))
    for number, (one, (points, faces, colors, model_faces)) in enumerate(zip(chosen, scenes, strict=True)):
        progress(number / len(chosen), "Drawing orientations")
        upper = _panel(points, faces, colors, ABOVE, zoom, (width, height))
        below = faces[:model_faces]  # seen from below, bed and supports would hide what they carry
        lower = _panel(points, below, colors, BELOW, zoom, (width, height))
        canvas.paste(picture, upper, number * width, HEAD)
        canvas.paste(picture, lower, number * width, HEAD + height)
        _words(picture, found, one, number * width + 16, HEAD + 2 * height + 4)
    write_heading(picture, "Orientations", f"{found.process.title}, {len(found.candidates)} tried")
    write_scale_bar(picture, zoom, size[1])
    _legend(picture, found, not protected.is_empty)
    return canvas.write_png(picture, path)


def telling(found: Orientations) -> list[Candidate]:
    """The chosen candidate, the best that lies clearly differently, and the model as it was given."""
    best = found.chosen
    other = next(
        (
            one for one in found.candidates[1:]
            if one is not found.as_it_lies and float(one.direction.up @ best.direction.up) < np.cos(np.radians(35.0))
        ),
        None,
    )  # fmt: skip
    out = [best, *([other] if other is not None else [])]
    return out if found.as_it_lies in out else [*out, found.as_it_lies]


def _scene(
    mesh: Mesh, found: Orientations, one: Candidate, kept: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32], npt.NDArray[np.float64], int]:
    """Corners, triangles and colors of model, supports and bed; the model's triangles come first."""
    model, matrix = laid(mesh, one.measures.rotation)
    normals = model.vertex_normals()
    height = model.vertices[:, 2]
    angle = overhang_deg(found.process)
    hangs = np.zeros(len(height), bool)
    if angle is not None:
        hangs = (normals[:, 2] < -np.cos(np.radians(angle))) & (height > BED_MM)
    touched = hangs | ((height <= BED_MM) & (normals[:, 2] < -0.3))
    colors = np.tile(np.array(MODEL), (len(height), 1))
    colors[hangs] = OVERHANG
    colors[kept] = PROTECTED
    colors[kept & touched] = TOUCHED
    posts = columns(found.surface, one.measures, angle)
    boxes = _boxes(posts, matrix[:2, 3])
    low, high = model.bounds
    rim = BED_RIM * float(max(high[:2] - low[:2]))
    bed = _box(np.array([[*(low[:2] - rim), -BED_PLATE_MM, *(high[:2] + rim), -0.01]]))
    points, faces, tints = [model.vertices], [model.faces], [colors]
    count = len(model.vertices)
    for (corners, triangles), tint in ((boxes, SUPPORT), (bed, BED)):
        points.append(corners)
        faces.append((triangles + count).astype(np.int32))
        tints.append(np.tile(np.array(tint), (len(corners), 1)))
        count += len(corners)
    return np.concatenate(points), np.concatenate(faces), np.concatenate(tints), len(model.faces)


def _boxes(posts: Columns, shift: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    step = max(1, len(posts.low) // MOST_COLUMNS + 1)
    half = 0.22 * posts.width_mm
    center, low, high = posts.center[::step] + shift, posts.low[::step], posts.high[::step]
    rows = np.column_stack([center - half, low, center + half, high])
    return _box(rows)


def _box(rows: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Boxes from rows of two corners: (8 n, 3) corners and (12 n, 3) triangles."""
    pick = np.array([(x, y, z) for z in (2, 5) for y in (1, 4) for x in (0, 3)])
    corners = rows[:, pick].reshape(-1, 3)
    one = np.array([
        (0, 2, 1), (1, 2, 3), (4, 5, 6), (5, 7, 6), (0, 1, 4), (1, 5, 4), (2, 6, 3), (3, 6, 7), (0, 4, 2), (2, 4, 6),
        (1, 3, 5), (3, 7, 5),
    ])  # fmt: skip
    return corners, (one[None] + 8 * np.arange(len(rows))[:, None, None]).reshape(-1, 3)


def _zoom(points: npt.NDArray[np.float64], eye: _Eye, panel: tuple[int, int]) -> float:
    seen = rotated(points, eye.axes)[:, :2]
    return float((np.array(panel) * (1.0 - 2.0 * MARGIN) / np.maximum(np.ptp(seen, axis=0), 1e-6)).min())


def _panel(
    points: npt.NDArray[np.float64],
    faces: npt.NDArray[np.int32],
    colors: npt.NDArray[np.float64],
    eye: _Eye,
    zoom: float,
    panel: tuple[int, int],
) -> Pixels:
    mesh = Mesh(points, faces)
    width, height = panel[0] * FINE, panel[1] * FINE
    screen = rotated(points, eye.axes * (zoom * FINE))
    used = screen[mesh.used_vertices, :2]
    screen[:, :2] += np.array([width, height]) / 2.0 - (used.min(axis=0) + used.max(axis=0)) / 2.0
    seen = rasterize(screen, mesh.faces, width, height)
    image = shade(seen, screen, mesh.faces, mesh.vertex_normals(), eye.axes, colors=colors, fine=FINE)
    return np.asarray(image.reshape(panel[1], FINE, panel[0], FINE, 3).mean(axis=(1, 3)))


def _words(picture: Pixels, found: Orientations, one: Candidate, x: float, y: float) -> None:
    m = one.measures
    mark = "Chosen" if one is found.chosen else f"Rank {one.number}" if one.number else "Asked for"
    canvas.draw_text(picture, f"{mark}: {one.direction.side}", x, y, size=20, color=_INK, bold=True)
    lines = [
        f"{one.direction.origin}, {m.size_mm[2]:.0f} mm high",
        f"support {found.support_ml(one):.1f} ml, touches {m.touched_mm2 / 100.0:.1f} cm2, tips at {m.tip_deg:.0f} deg",
        f"score {one.score.total:.2f}",
    ]
    if found.surface.protected.any():
        lines[2] += f", protected surface touched: {m.protected_mm2 / 100.0:.2f} cm2"
    if m.fits is False:
        lines[2] += ", does not fit the printer"
    for number, text in enumerate(lines):
        canvas.draw_text(picture, text, x, y + 28 + 24 * number, size=18, color=_PALE)


def _legend(picture: Pixels, found: Orientations, protected: bool) -> None:
    items = [(OVERHANG, "needs support"), (SUPPORT, "supports")] if overhang_deg(found.process) is not None else []
    if protected:
        items += [(PROTECTED, "protected"), (TOUCHED, "protected, but touched")]
    x, y = picture.shape[1] - 40 - 230 * len(items), picture.shape[0] - 30
    for color, text in items:
        canvas.draw_box(picture, x, y - 8, x + 18, y + 8, color)
        canvas.draw_text(picture, text, x + 26, y, size=18, color=_INK, anchor=(0.0, 0.5))
        x += 230
