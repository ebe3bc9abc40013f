"""The plane that a shape is most symmetric to: its mirror image is brought onto it, and what remains is measured.

Iterative closest points (Chen and Medioni 1992, point to plane) on the three numbers of a plane, with weights that let
places without a counterpart (an injury, a missing piece) pull less and less (Tukey's biweight). It is begun from the
patient's left-right axis, from the shape's own axis nearest to that, and from a few tilts of both; the best is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...spatial import index_of
from ...spatial.sampling import area_samples
from .reflect import Plane

SAMPLES = 2_000
"""Points by area that are matched in the end: one for each 50 mm2 of a skull."""
FIRST_SAMPLES = 400
"""Points that are matched from each start, to tell which starts are worth more."""
FINALISTS = 2
"""The best starts, which are followed to the end."""
MEASURED = 20_000
"""Points by area on which the residual stands."""
ROUNDS = 40
SETTLED_MM = 1e-4
"""The search ends once no point moves by more."""
TILTS_DEG = (0.0, 12.0, -12.0)
"""Tilts about the two other axes from which the search is begun: heads lie turned by up to that in the scanner."""
FARTHEST_DEG = 45.0
"""The plane of symmetry of a patient lies across the left-right axis; another one is no sagittal plane."""
NEAR_SHARE = 0.01
"""A place of the mirror image fits when it is nearer to the surface than this share of the shape's width."""
NEAR_LEAST_MM = 1.0
"""But never nearer than this: a scan does not show less."""
SYMMETRIC_PERCENT = 50.0
"""A plane to which less of the surface fits is refused. Of a human skull from a clinical CT 69 % fit, with a quarter of
it taken away 57 %, of half a skull 16 %, of random triangles 7 %."""
GOOD_PERCENT = 60.0
"""Below this the plane is taken with a warning."""
TUKEY = 3.0
"""Places farther than so many medians have no weight."""


@dataclass(frozen=True)
class Symmetry:
    """A plane, and how well the shape fits its own mirror image about it.

    ``fits_percent`` of the surface lie within ``near_mm`` of the mirror image; ``worst_at_mm`` is where least.
    """

    plane: Plane
    near_mm: float
    fits_percent: float
    median_mm: float
    p90_mm: float
    max_mm: float
    worst_at_mm: tuple[float, float, float]
    tilt_deg: float

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {
            "point_mm": list(self.plane.point),
            "normal": list(self.plane.normal),
            "within_mm": self.near_mm,
            "fits_percent": self.fits_percent,
            "median_mm": self.median_mm,
            "p90_mm": self.p90_mm,
            "max_mm": self.max_mm,
            "worst_at_mm": list(self.worst_at_mm),
            "tilt_deg": self.tilt_deg,
        }


def fit_symmetry(mesh: Mesh, *, progress: Progress = silent) -> Symmetry:
    """Find the plane across the left-right axis about which a shape is most symmetric.

    Raises
    ------
    GeometryError
        The mesh is empty, or no such plane is good enough: its mirror image would not be the shape's other side.
    """
    few = area_samples(mesh, FIRST_SAMPLES)
    starts = _starts(few)
    first = []
    for number, start in enumerate(starts):
        progress(0.6 * number / len(starts), "Looking for the plane of symmetry")
        first.append(_settled(mesh, few, start))
    first.sort(key=lambda plane: _median(mesh, few, plane))
    points = area_samples(mesh, SAMPLES)
    best: tuple[float, FloatArray] | None = None
    for plane in (_settled(mesh, points, one) for one in first[:FINALISTS]):
        if abs(plane[0]) < np.cos(np.radians(FARTHEST_DEG)):
            continue
        median = _median(mesh, points, plane)
        if best is None or median < best[0] - SETTLED_MM:
            best = median, plane
    if best is None:
        raise GeometryError(
            "No plane of symmetry was found across the patient's left-right axis. Give the plane: --plane."
        )
    progress(0.9, "Measuring how symmetric it is")
    found = _measured(mesh, best[1])
    if found.fits_percent < SYMMETRIC_PERCENT:
        raise GeometryError(
            f"The model is not symmetric enough to find its plane of symmetry: only {found.fits_percent:.0f} % of it "
            f"lie within {found.near_mm:.1f} mm of its mirror image (needed {SYMMETRIC_PERCENT:g} %; half of it within "
            f"{found.median_mm:.1f} mm). Give the plane with --plane, or take in more of the other side."
        )
    return found


def _median(mesh: Mesh, points: FloatArray, plane: FloatArray) -> float:
    """Half of the images lie nearer; a plane across another axis than left to right comes last."""
    if abs(plane[0]) < np.cos(np.radians(FARTHEST_DEG)):
        return float("inf")
    return float(np.median(index_of(mesh).closest(_reflect(points, plane)).distance_mm))


def _starts(points: FloatArray) -> list[FloatArray]:
    """Planes (normal, offset) to begin with."""
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T))
    own = axes[:, np.abs(axes[0]).argmax()]
    normals = [np.array([1.0, 0.0, 0.0]), own * np.sign(own[0] or 1.0)]
    out = []
    for normal in normals:
        for about_z in TILTS_DEG:
            for about_y in TILTS_DEG:
                if about_z and about_y:
                    continue
                tilted = normal + np.array([0.0, np.tan(np.radians(about_z)), np.tan(np.radians(about_y))])
                tilted /= np.linalg.norm(tilted)
                out.append(np.append(tilted, tilted @ middle))
    return out


def _settled(mesh: Mesh, points: FloatArray, plane: FloatArray) -> FloatArray:
    """Improve a plane until it does not move any more."""
    index = index_of(mesh)
    normals = mesh.face_normals()
    for _ in range(ROUNDS):
        image = _reflect(points, plane)
        found = index.closest(image)
        across = normals[found.faces]
        gap = np.einsum("ij,ij->i", across, image - found.points)
        scale = TUKEY * max(float(np.median(found.distance_mm)), 1e-6) / 0.6745
        weight = np.clip(1.0 - (found.distance_mm / scale) ** 2, 0.0, None)
        side, other = _across(plane[:3])
        steps = [np.append(side, 0.0), np.append(other, 0.0), np.array([0.0, 0.0, 0.0, 1.0])]
        # About the middle of the points, so that tilting and shifting do not hinder one another.
        middle = points.mean(axis=0)
        steps = [np.append(step[:3], step[3] + step[:3] @ middle) for step in steps]
        slopes = np.stack([np.einsum("ij,ij->i", across, _slope(points, plane, step)) for step in steps], axis=1)
        moved, *_ = np.linalg.lstsq(slopes * weight[:, None], -gap * weight, rcond=None)
        new = plane + sum(amount * step for amount, step in zip(moved, steps, strict=True))
        new = new / np.linalg.norm(new[:3])
        change = float(np.linalg.norm(_reflect(points, new) - image, axis=1).max())
        plane = new
        if change < SETTLED_MM:
            break
    return plane


def _reflect(points: FloatArray, plane: FloatArray) -> FloatArray:
    return np.asarray(points - 2.0 * np.outer(points @ plane[:3] - plane[3], plane[:3]))


def _slope(points: FloatArray, plane: FloatArray, step: FloatArray) -> FloatArray:
    """How the images move when the plane moves along a step."""
    height = points @ plane[:3] - plane[3]
    turned = np.outer(points @ step[:3] - step[3], plane[:3]) + np.outer(height, step[:3])
    return np.asarray(-2.0 * turned)


def _across(normal: FloatArray) -> tuple[FloatArray, FloatArray]:
    side = np.cross(normal, np.eye(3)[int(np.abs(normal).argmin())])
    side /= np.linalg.norm(side)
    return side, np.cross(normal, side)


def _measured(mesh: Mesh, plane: FloatArray) -> Symmetry:
    if plane[0] < 0.0:
        plane = -plane
    points = area_samples(mesh, MEASURED)
    distance = index_of(mesh).closest(_reflect(points, plane)).distance_mm
    near = max(NEAR_LEAST_MM, NEAR_SHARE * float(np.ptp(points @ plane[:3])))
    worst = int(distance.argmax())
    middle = points.mean(axis=0)
    foot = middle - (middle @ plane[:3] - plane[3]) * plane[:3]
    return Symmetry(
        plane=Plane(_place(foot), _place(plane[:3])),
        near_mm=near,
        fits_percent=100.0 * float((distance <= near).mean()),
        median_mm=float(np.median(distance)),
        p90_mm=float(np.percentile(distance, 90)),
        max_mm=float(distance[worst]),
        worst_at_mm=_place(points[worst]),
        tilt_deg=float(np.degrees(np.arccos(min(1.0, abs(float(plane[0])))))),
    )


def _place(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
