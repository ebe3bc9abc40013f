"""The receipt of a step: what it was asked for, what was there before, what is there now, and how far it moved."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np

from .mesh import Mesh
from .topology import edge_counts, face_parts
from .volume import LabelMap


@dataclass(frozen=True)
class MeshMeasures:
    """What a surface is made of. ``genus`` counts handles and tunnels; it is None unless the surface is closed."""

    volume_mm3: float
    area_mm2: float
    triangles: int
    vertices: int
    parts: int
    open_edges: int
    non_manifold_edges: int
    misoriented_edges: int
    genus: int | None
    bounds_mm: tuple[tuple[float, ...], tuple[float, ...]] | None


@dataclass(frozen=True)
class LabelMeasures:
    """What a label map holds. ``parts`` counts pieces that touch by faces, edges or corners."""

    volume_mm3: float
    voxels: int
    parts: int | None
    bounds_mm: tuple[tuple[float, ...], tuple[float, ...]] | None


@dataclass(frozen=True)
class Change:
    """How far the new surface lies from the old one; positive is outward (material added).

    ``max_at_mm`` is the place of the largest distance, LPS. ``samples`` says on how many points it stands.
    """

    signed_mean_mm: float
    mean_mm: float
    p95_mm: float
    max_mm: float
    max_at_mm: tuple[float, float, float] | None
    volume_percent: float | None
    samples: int


@dataclass(frozen=True)
class Receipt:
    """One step's account of itself. Everything in it is measured or was asked for."""

    operation: str
    parameters: Mapping[str, Any]
    seconds: float
    before: MeshMeasures | LabelMeasures | None
    after: MeshMeasures | LabelMeasures | None
    change: Change | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def to_dict(self) -> dict[str, Any]:
        """Return the receipt as plain JSON values."""
        return {
            "operation": self.operation,
            "parameters": {key: plain(value) for key, value in self.parameters.items()},
            "seconds": round(self.seconds, 3),
            "before": None if self.before is None else plain(asdict(self.before)),
            "after": None if self.after is None else plain(asdict(self.after)),
            "change": None if self.change is None else plain(asdict(self.change)),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
            "details": plain(self.details),
        }


def receipt_from_dict(data: Mapping[str, Any]) -> Receipt:
    """Return the receipt that :meth:`Receipt.to_dict` wrote: the same plain values, so it is written the same again."""
    change = data["change"]
    return Receipt(
        operation=data["operation"],
        parameters=data["parameters"],
        seconds=data["seconds"],
        before=_measures_from_dict(data["before"]),
        after=_measures_from_dict(data["after"]),
        change=None if change is None else Change(**change),
        notes=tuple(data["notes"]),
        warnings=tuple(data["warnings"]),
        details=data["details"],
    )


def _measures_from_dict(data: Mapping[str, Any] | None) -> MeshMeasures | LabelMeasures | None:
    if data is None:
        return None
    return LabelMeasures(**data) if "voxels" in data else MeshMeasures(**data)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds until now."""
        return time.perf_counter() - self._start


def measure_mesh(mesh: Mesh) -> MeshMeasures:
    """Measure a surface; a mesh is measured once, however many receipts name it."""
    measures: MeshMeasures = mesh.derived("measures", _measure_mesh)
    return measures


def _measure_mesh(mesh: Mesh) -> MeshMeasures:
    if mesh.is_empty:
        return MeshMeasures(0.0, 0.0, 0, len(mesh.vertices), 0, 0, 0, 0, None, None)
    edges = edge_counts(mesh)
    parts, _ = face_parts(mesh)
    closed = edges.open_edges == 0 and edges.non_manifold_edges == 0
    used = len(mesh.used_vertices)
    euler = used - edges.edges + len(mesh.faces)
    low, high = mesh.bounds
    return MeshMeasures(
        volume_mm3=mesh.volume_mm3,
        area_mm2=mesh.area_mm2,
        triangles=len(mesh.faces),
        vertices=used,
        parts=parts,
        open_edges=edges.open_edges,
        non_manifold_edges=edges.non_manifold_edges,
        misoriented_edges=edges.misoriented_edges,
        genus=parts - euler // 2 if closed else None,
        bounds_mm=(tuple(low.tolist()), tuple(high.tolist())),
    )


def measure_labels(labels: LabelMap, parts: int | None = None) -> LabelMeasures:
    """Measure a label map by counting voxels; bounds are of voxel centers."""
    mask = labels.mask()
    voxels = int(np.count_nonzero(mask))
    if voxels == 0:
        return LabelMeasures(0.0, 0, 0, None)
    ijk = []
    for axis in (2, 1, 0):
        hit = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        ijk.append((float(hit[0]), float(hit[-1])))
    corners = labels.to_lps(np.array(np.meshgrid(*ijk)).reshape(3, -1).T)
    return LabelMeasures(
        volume_mm3=voxels * labels.voxel_volume_mm3,
        voxels=voxels,
        parts=parts,
        bounds_mm=(tuple(corners.min(axis=0).tolist()), tuple(corners.max(axis=0).tolist())),
    )


def plain(value: Any) -> Any:
    """Turn enums, arrays, numpy scalars, mappings and tuples into plain JSON values; NaN and infinity become None."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value
