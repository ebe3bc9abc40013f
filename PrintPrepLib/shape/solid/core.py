"""The inside of a model as one body: all that a ball rolling outside does not reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from ...field import Function, distance_inside, zero_surface
from ...mesh import FloatArray, Mesh, concatenate, six_fold_volumes
from ...progress import Progress, part, silent
from ...spatial import index_of
from ...spatial.threads import at_once, cores
from ...topology import face_parts
from .added import Difference, difference
from .close import Closing
from .openings import Bools, Opening

CELLS_ACROSS = 6.0
"""Cells across the ball. On the grown surface, nowhere rounder than the ball, chords are off by less than 1 % of it."""
FINEST_SHARE = 0.006
"""but no cell is smaller than this share of the model's diagonal: what is filled so is inside, where nobody sees it."""
BELOW_SHARE = 0.12
"""The filling ends below the outside by this share of a cell, so that no chord of it stands out anywhere."""
BELOW_MM = 0.05
DEEP_SHARE = 0.5
"""Air nowhere deeper below the rolling ball than this share of its diameter is a groove of the outside, and stays."""
KEEP_SHARE = 0.6
"""Openings that stay open keep a ball of this share of their width, or of the wall, round each cell across them."""
WIDE_SHARE = 0.5
"""Those that the ball passes keep one of this share of their width: the ball is there, but not in their corners."""

PASSED_SHARE = 0.1
"""The ball is there where the depth below it is less than this share of its diameter: chords and grids take as much."""
ENCLOSED_SHARE = 0.5
"""An opening lies in a cavity where more of it than this does: cells at its rim may be off by one."""
ROOM_STEP = 1.4
FAR_BALLS = 8.0
"""Farther from all of these openings than so many balls their distance does not matter."""

Limit = Callable[[FloatArray, FloatArray], FloatArray]
"""Points (k, 3) and values (k,) to values that are no larger."""


@dataclass(frozen=True, eq=False)
class Filling:
    """The model with its inside filled, what was filled, and which of the openings that stay lie inside of that."""

    mesh: Mesh
    cavities: tuple[dict[str, Any], ...] = field(default_factory=tuple)
    pockets: tuple[dict[str, Any], ...] = field(default_factory=tuple)
    buried: tuple[bool, ...] = ()


def fill_inside(
    closing: Closing,
    ball_mm: float,
    to_keep: Callable[[], Sequence[tuple[Opening, float]]],
    *,
    grooves: bool = False,
    progress: Progress = silent,
) -> Filling:
    """Fill what a ball outside does not reach, and leave the outside as it is.

    The ball's middles fill the air at half its diameter from the model; the outermost of these places is bounded by a
    surface, and what lies more than half a diameter inside that surface is out of reach: both by exact distances.
    It ends a hair below the outside and is united with the model, so that no triangle of the outside moves.

    Parameters
    ----------
    closing : Closing
        The model, its openings closed.
    ball_mm : float
        Diameter of the ball.
    to_keep : callable
        Gives the openings that stay open, with the thickness of the wall round them: no filling comes into those of
        the outside. It is asked once, while the model is made ready.
    grooves : bool
        Whether grooves of the outside, that lead to no inside, are filled, too.
    """
    mesh = closing.mesh
    kept, (solid, cavities, near) = at_once(to_keep, lambda: _ready(mesh))
    low, high = mesh.bounds
    cell = max(ball_mm / CELLS_ACROSS, FINEST_SHARE * float(np.linalg.norm(high - low)))
    below = BELOW_MM + BELOW_SHARE * cell
    radius = 0.5 * ball_mm
    grown = zero_surface(
        lambda points: near(points) + radius, low - ball_mm, high + ball_mm, cell, progress=part(progress, 0.0, 0.3)
    )
    beyond = distance_inside(_outermost(grown))
    buried = _buried(solid, kept, lambda points: beyond(points) - radius, ball_mm)
    outer = [one for one, inside in zip(kept, buried, strict=True) if not inside]
    keep = _kept_function(outer, ball_mm)

    def unreached(points: FloatArray) -> FloatArray:
        return keep(points, beyond(points) - radius - below)

    core = zero_surface(unreached, low, high, cell, progress=part(progress, 0.3, 0.6))
    if core.is_empty:
        return Filling(solid, tuple(cavities), (), buried)
    progress(0.6, "Uniting the filling with the model")
    whole, _ = without_cavities(Mesh.from_manifold(closing.to_manifold() + core.to_manifold(), mesh.name))
    progress(0.9, "Listing what was filled")
    changed = difference(solid, whole)
    held = np.zeros(len(changed.volume_mm3), bool)
    held[changed.gone_label] = True  # filling that takes no triangle of the model away hangs on nothing
    if not grooves:
        used = np.unique(np.concatenate([changed.gone, changed.new]))
        depth = np.full(len(changed.vertices), -np.inf)
        depth[used] = beyond(changed.vertices[used]) - radius
        held &= changed.largest(depth) >= DEEP_SHARE * ball_mm
    if not held.any():
        return Filling(solid, tuple(cavities), (), buried)
    return Filling(changed.chosen(held, mesh.name), tuple(cavities), tuple(_listed(changed, held)), buried)


def _ready(mesh: Mesh) -> tuple[Mesh, list[dict[str, Any]], Function]:
    """The model without its cavities, the list of them, and the distance inside the model."""
    solid, cavities = without_cavities(mesh)
    return solid, cavities, distance_inside(solid)


def _buried(solid: Mesh, kept: Sequence[tuple[Opening, float]], depth: Function, ball_mm: float) -> tuple[bool, ...]:
    """Which openings lie in a closed cavity, or farther below the rolling ball than an opening of the outside does.

    In most of an opening of the outside that the ball passes it is there itself.
    """
    if not kept:
        return ()
    points = np.concatenate([one.membrane.points for one, _ in kept])
    enclosed, below = index_of(solid).contains(points), depth(points)
    ends = np.cumsum([len(one.membrane.points) for one, _ in kept])[:-1]
    out = []
    for (one, wall), inside, low in zip(kept, np.split(enclosed, ends), np.split(below, ends), strict=True):
        narrow = one.passes_mm <= ball_mm
        deep = low.min() > max(one.passes_mm, wall) if narrow else np.median(low) > PASSED_SHARE * ball_mm
        out.append(bool(deep or inside.mean() > ENCLOSED_SHARE))
    return tuple(out)


def _listed(changed: Difference, chosen: Bools) -> list[dict[str, Any]]:
    """Place and volume of each of the chosen places, the largest first."""
    middle, volume = changed.middles(), changed.volume_mm3
    order = [int(k) for k in np.argsort(-volume) if chosen[k] and volume[k] > 0.0]
    return [{"at_mm": np.round(middle[k], 2).tolist(), "volume_ml": round(volume[k] / 1000.0, 6)} for k in order]


def without_cavities(mesh: Mesh) -> tuple[Mesh, list[dict[str, Any]]]:
    """Drop closed cavities and what floats in them, and list them, the largest first; the rest keeps its vertices."""
    count, label = face_parts(mesh)
    if count == 1:
        return mesh, []
    volume = np.bincount(label, weights=six_fold_volumes(mesh.vertices, mesh.faces), minlength=count) / 6.0
    hollow = [int(k) for k in np.flatnonzero(volume < 0.0)]
    if not hollow:
        return mesh, []
    inner = [int(k) for k in np.flatnonzero(volume < volume.max())]
    # All but the largest part in one small mesh first, from which each is cut out.
    chosen = np.isin(label, inner)
    small, number = mesh.submesh(chosen), label[chosen]
    pieces = {k: small.submesh(number == k) for k in inner}
    drop = set(hollow)
    for k in inner:
        if k in drop:
            continue
        point = pieces[k].vertices[:1]
        low, high = pieces[k].bounds
        for other in hollow:
            outer_low, outer_high = pieces[other].bounds
            if (low < outer_low).any() or (high > outer_high).any() or -volume[other] < volume[k]:
                continue
            if index_of(pieces[other].flipped()).contains(point)[0]:
                drop.add(k)
                break
    kept = mesh.submesh(~np.isin(label, list(drop)))
    listed = [
        {"at_mm": np.round(pieces[k].vertices.mean(axis=0), 2).tolist(), "volume_ml": round(-volume[k] / 1000.0, 6)}
        for k in sorted(hollow, key=lambda k: volume[k])
    ]
    return kept, listed


def _outermost(mesh: Mesh) -> Mesh:
    """The outer surfaces of a closed mesh, and none that lies within another."""
    count, label = face_parts(mesh)
    pieces = [mesh.submesh(label == k) for k in range(count)]
    outer = sorted((piece for piece in pieces if piece.volume_mm3 > 0.0), key=lambda piece: -piece.volume_mm3)
    found: list[Mesh] = []
    for piece in outer:
        if not any(index_of(larger).contains(piece.vertices[:1])[0] for larger in found):
            found.append(piece)
    return concatenate(found)


def _kept_function(kept: Sequence[tuple[Opening, float]], ball_mm: float) -> Limit:
    """Cut off values (k,) at points (k, 3) by the distance from the room of openings that stay open, negative in it."""
    if not kept:
        return lambda points, values: values
    rooms = np.concatenate([np.full(len(one.membrane.points), _room(one, wall, ball_mm)) for one, wall in kept])
    points = np.concatenate([one.membrane.points for one, _ in kept])
    # A few sizes, each rounded up: one search for each of them, not for each opening.
    steps = np.ceil(np.log(rooms / rooms.min()) / np.log(ROOM_STEP) - 1e-9)
    trees = [(cKDTree(points[steps == k]), float(rooms.min() * ROOM_STEP**k)) for k in np.unique(steps)]

    def function(places: FloatArray, values: FloatArray) -> FloatArray:
        out = np.minimum(values, FAR_BALLS * ball_mm)
        for tree, room in trees:
            rows = np.flatnonzero(out > -room)  # no distance is less than that: others are not cut off
            if len(rows):
                reach = float(out[rows].max()) + room
                near = tree.query(places[rows], distance_upper_bound=reach, workers=cores())[0]
                out[rows] = np.minimum(out[rows], near - room)
        return out

    return function


def _room(opening: Opening, wall: float, ball_mm: float) -> float:
    if opening.passes_mm > ball_mm:
        return WIDE_SHARE * opening.passes_mm
    return KEEP_SHARE * max(opening.passes_mm, min(wall, ball_mm)) + opening.membrane.cell_mm
