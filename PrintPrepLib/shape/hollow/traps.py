"""Where resin or powder stays in a model: cups that do not drain, closed voids, counted on voxels layer by layer.

Layers are filled from below. Air that is not joined to the outside by air of the same or a lower layer is a cup: what
flows down stays there, and a vat printer's film is sucked to it. When a higher layer joins it to the outside, its
volume is what stays; when none does, it is a closed void. The two figures are two questions to one sweep.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...check.raster import inside_voxels
from ...mesh import FloatArray, Mesh
from ...receipt import plain

MOST_VOXELS = 12_000_000
"""Voxels looked at: some 150 MB with their crossings."""
VOXELS_PER_DRAIN = 3.0
"""A drain must be so many voxels wide, or it could look closed."""
LEAST_DEPTH = 2
"""A puddle less deep than so many layers is the grid's own step, not a trap."""

Bools = npt.NDArray[np.bool_]
Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trap:
    """Air that does not drain: volume, place (in its lowest layer, LPS), depth up to its rim."""

    volume_mm3: float
    at_mm: tuple[float, float, float]
    depth_mm: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out


@dataclass(frozen=True)
class Traps:
    """What stays in a model, largest first.

    Attributes
    ----------
    standing : tuple of Trap
        While the model stands as it is printed: also what sucks on the film of a vat printer.
    hanging : tuple of Trap
        While it hangs the other way round, as it does in most vat printers.
    voids : tuple of Trap
        Closed on all sides.
    voxel_mm : float
    resolved : bool
        Drains are wide enough on the grid; else cups and voids may be told that are none.
    """

    standing: tuple[Trap, ...]
    hanging: tuple[Trap, ...]
    voids: tuple[Trap, ...]
    voxel_mm: float
    resolved: bool


@dataclass
class _Pool:
    """Air of the layers so far that belongs together."""

    open: bool
    voxels: int
    bottom: int
    at: FloatArray


def find_traps(mesh: Mesh, frame: FloatArray, drain_mm: float) -> Traps:
    """List what does not drain from a closed model.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward; cavities look inward.
    frame : (3, 3)
        Axes of the print, the last one up.
    drain_mm : float
        Diameter of the drains, which decides how fine the voxels must be.
    """
    local = mesh.vertices @ frame.T
    low, high = local[mesh.used_vertices].min(axis=0), local[mesh.used_vertices].max(axis=0)
    voxel = drain_mm / VOXELS_PER_DRAIN
    voxel = max(voxel, float(np.prod(high - low) / MOST_VOXELS) ** (1.0 / 3.0))
    size = np.ceil((high - low) / voxel).astype(int) + 2
    first = 0.5 * (low + high) - 0.5 * voxel * (size - 1)
    solid = inside_voxels((local - first) / voxel, mesh, (int(size[2]), int(size[1]), int(size[0])))

    def told(found: list[_Pool], rims: list[int], turned: bool) -> tuple[Trap, ...]:
        out = []
        for pool, rim in zip(found, rims, strict=True):
            layer = len(solid) - 1 - pool.bottom if turned else pool.bottom
            at = (first + voxel * np.array([pool.at[1], pool.at[0], layer])) @ frame
            x, y, z = (float(value) for value in at)
            out.append(Trap(pool.voxels * voxel**3, (x, y, z), (rim - pool.bottom) * voxel))
        return tuple(sorted(out, key=lambda trap: -trap.volume_mm3))

    spilled, rims, closed = _sweep(solid)
    hanging, hanging_rims, _ = _sweep(solid[::-1])
    return Traps(
        told(spilled, rims, False),
        told(hanging, hanging_rims, True),
        told(closed, [pool.bottom for pool in closed], False),
        voxel,
        voxel <= drain_mm / (VOXELS_PER_DRAIN - 1.0),
    )


def _sweep(solid: Bools) -> tuple[list[_Pool], list[int], list[_Pool]]:
    """Cups with the layer that they spill at, and closed voids."""
    spilled: list[_Pool] = []
    rims: list[int] = []
    pools: list[_Pool] = []
    parent: list[int] = []
    below = np.zeros(solid.shape[1:], np.int64)  # number of the pool under each place, from 1 on

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for layer, material in enumerate(solid):
        found, count = ndimage.label(~material)
        label: Int64Array = found.astype(np.int64)
        if not count:
            below = np.zeros_like(below)
            continue
        voxels = np.bincount(label.ravel(), minlength=count + 1)
        base = len(pools)
        seen, first = np.unique(label.ravel()[_starts(label)], return_index=True)
        rows = np.flatnonzero(_starts(label))[first[seen > 0]]
        firsts = np.stack(np.unravel_index(rows, label.shape), axis=1).astype(np.float64)
        outside = set(np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])).tolist())
        for number in range(1, count + 1):
            pools.append(_Pool(number in outside, int(voxels[number]), layer, firsts[number - 1]))
            parent.append(base + number - 1)
        meetings = _meetings(label, below)
        closed_before = {
            node: _Pool(False, pools[node].voxels, pools[node].bottom, pools[node].at)
            for node in {root(under - 1) for _, under in meetings}
            if not pools[node].open
        }
        for number, under in meetings:
            a, b = root(base + number - 1), root(under - 1)
            if a == b:
                continue
            keep, gone = (a, b) if pools[a].bottom < pools[b].bottom else (b, a)
            parent[gone] = keep
            pools[keep].open |= pools[gone].open
            pools[keep].voxels += pools[gone].voxels
        for node in sorted(closed_before):
            cup = closed_before[node]
            if pools[root(node)].open and layer - cup.bottom >= LEAST_DEPTH:
                spilled.append(cup)
                rims.append(layer)
        below = np.where(label > 0, label + base, 0)
    closed = [pool for number, pool in enumerate(pools) if parent[number] == number and not pool.open]
    return spilled, rims, closed


def _starts(values: Int64Array) -> Bools:
    """Where a value differs from the one before it, in the order of the rows, (n,)."""
    flat = values.ravel()
    out = np.ones(len(flat), bool)
    np.not_equal(flat[1:], flat[:-1], out=out[1:])
    return out


def _meetings(label: Int64Array, below: Int64Array) -> list[tuple[int, int]]:
    """Which areas of a layer lie over which pools, each pair once."""
    base = int(below.max()) + 1
    key = label * base + below
    key = key.ravel()[_starts(key)]
    key = np.unique(key[(key >= base) & (key % base > 0)])
    return [(int(one // base), int(one % base)) for one in key]
