"""The phantom's shape: an idealized upper end of a left thigh bone, with its truth.

A shaft with a marrow cavity, neck, head and two trochanters; a thin plate of known thickness; a pin hole of known
diameter through both walls of the shaft; and loose crumbs of bone around it. LPS millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import InputError
from ..mesh import Mesh
from .solids import Ball, Carved, FloatArray, Point, RoundBox, RoundCone, Solid, Union

PLACE_MM: Point = (87.0, 12.5, -431.0)
"""Where the phantom lies in patient space: a left hip, far from the origin, so that a lost origin shows."""
LOW_MM: Point = (-46.0, -32.0, -39.0)
HIGH_MM: Point = (45.0, 38.0, 49.0)
"""A box, relative to ``PLACE_MM``, that holds bone and crumbs; the test of the volume would fail if it did not."""

_JOIN_MM = 8.0
"""Blend between the bony parts: round transitions, as in anatomy."""
_RIM_MM = 1.0
"""Blend at rims of cavity and hole: small against the wall of 6 mm, so the hole's middle keeps its true diameter."""
_ROOT_MM = 2.0
"""Blend at the root of the thin plate."""
_FOOT_ROUNDS = 40
"""Rounds of the search for the nearest surface point; points near the surface need about five."""
_FOOT_TOLERANCE_MM = 1e-7
"""The search ends when the point moves less: far below any figure that is reported."""
_VOLUME_STEP_MM = 0.5
"""Cell of the finer of the two volume integrations; it leaves 0.01 %, far below what a scan can show."""
_HALVINGS = 3
"""Cells of the integration begin 8 times larger than they end."""


@dataclass(frozen=True)
class Crumb:
    """A loose piece of bone: its middle (LPS mm) and volume."""

    center_mm: Point
    volume_mm3: float


@dataclass(frozen=True)
class BoneShape:
    """The solid and its truth.

    Attributes
    ----------
    plate_thickness_mm : float
        Thickness of the thin plate.
    hole_diameter_mm : float
        Diameter of the pin hole.

    Raises
    ------
    InputError
        A measure that the shape cannot have.
    """

    plate_thickness_mm: float = 1.2
    hole_diameter_mm: float = 5.0

    def __post_init__(self) -> None:
        if not 0.2 <= self.plate_thickness_mm <= 5.0:
            raise InputError(f"The plate can be 0.2 to 5 mm thick, not {self.plate_thickness_mm} mm.")
        if not 1.0 <= self.hole_diameter_mm <= 8.0:
            raise InputError(f"The pin hole can be 1 to 8 mm wide, not {self.hole_diameter_mm} mm.")

    # ---- what is where -------------------------------------------------------------------------------------------
    @property
    def plate_center_mm(self) -> Point:
        """Middle of the plate's free part."""
        return _placed(np.add(_PLATE_FOOT, np.multiply(_PLATE_OUT, 17.0)))

    @property
    def plate_normal(self) -> Point:
        """Direction across the plate."""
        return _PLATE_ACROSS

    @property
    def hole_center_mm(self) -> Point:
        """Where the hole's axis crosses the middle of the shaft."""
        return _placed(_HOLE_CENTER)

    @property
    def hole_axis(self) -> Point:
        """Direction of the hole."""
        return _HOLE_AXIS

    @property
    def crumbs(self) -> tuple[Crumb, ...]:
        """The loose pieces, largest first."""
        pieces = [Crumb(_placed(np.add(c.start, c.end) / 2.0), c.volume_mm3) for c in _CRUMBS]
        return tuple(sorted(pieces, key=lambda piece: -piece.volume_mm3))

    @cached_property
    def bone(self) -> Solid:
        """The bone without crumbs, relative to ``PLACE_MM``."""
        plate = RoundBox(
            tuple(np.add(_PLATE_FOOT, np.multiply(_PLATE_OUT, 15.0)).tolist()),
            (_PLATE_OUT, _PLATE_ACROSS, (0.0, 0.0, 1.0)),
            (9.5, self.plate_thickness_mm / 2.0, 10.0),
            min(self.plate_thickness_mm / 2.0, 0.6),
        )
        hole = RoundCone(
            tuple(np.subtract(_HOLE_CENTER, np.multiply(_HOLE_AXIS, 30.0)).tolist()),
            self.hole_diameter_mm / 2.0,
            tuple(np.add(_HOLE_CENTER, np.multiply(_HOLE_AXIS, 30.0)).tolist()),
            self.hole_diameter_mm / 2.0,
        )
        with_plate = Union((Union(_BODY, _JOIN_MM), plate), _ROOT_MM)
        return Carved(with_plate, (_MARROW, _FOVEA, hole), _RIM_MM)

    @cached_property
    def everything(self) -> Solid:
        """The bone with its crumbs, relative to ``PLACE_MM``."""
        return Union((self.bone, *_CRUMBS))

    # ---- truth ---------------------------------------------------------------------------------------------------
    def signed_distance(self, points_mm: FloatArray, *, crumbs: bool = False) -> FloatArray:
        """Return the distance of points to the true surface, negative inside.

        The solid's value ``f`` is the true distance wherever no blend or crease is near. Elsewhere the nearest
        surface point is searched: Newton steps onto the zero set, then steps along the surface until the line to the
        given point stands upright on it (E. Hartmann, "On the curvature of curves and surfaces defined by
        normalforms", foot point algorithm). ``f`` is 1-Lipschitz, so the truth lies between the size of ``f``
        and the returned distance (:meth:`distance_bounds`); where the two agree nothing is left to doubt.

        Parameters
        ----------
        points_mm : (n, 3) float64
            LPS millimetres.
        crumbs : bool
            Count the loose pieces as part of the surface.

        Returns
        -------
        (n,) float64
            Millimetres, positive outside.
        """
        return self.distance_bounds(points_mm, crumbs=crumbs)[1]

    def distance_bounds(self, points_mm: FloatArray, *, crumbs: bool = False) -> tuple[FloatArray, FloatArray]:
        """Return a proven lower and upper bound (n,) of the distance's size, both with the sign of the side."""
        solid = self.everything if crumbs else self.bone
        points = np.asarray(points_mm, np.float64).reshape(-1, 3) - np.asarray(PLACE_MM)
        value, _ = solid.field(points)
        foot = nearest_on_surface(solid, points)
        upper = np.maximum(np.linalg.norm(foot - points, axis=1), np.abs(value))
        return value, np.copysign(upper, value)

    @cached_property
    def _volume(self) -> tuple[float, float]:
        coarse = _integrate(self.bone, 2.0 * _VOLUME_STEP_MM)
        fine = _integrate(self.bone, _VOLUME_STEP_MM)
        limit = fine + (fine - coarse) / 3.0  # the error falls with the square of the step (Richardson)
        return limit, abs(limit - fine)

    @property
    def true_volume_mm3(self) -> float:
        """Volume of the bone without crumbs, by integration."""
        return self._volume[0]

    @property
    def volume_error_mm3(self) -> float:
        """Stated error of the volume: what the extrapolation to cells of no size still changed."""
        return self._volume[1]

    def truth_mesh(self, spacing_mm: float = 0.5, *, crumbs: bool = False) -> Mesh:
        """Return the surface as a closed mesh whose vertices lie on the true surface.

        Raises
        ------
        InputError
            ``spacing_mm`` is not in 0.1 .. 2 mm.
        """
        if not 0.1 <= spacing_mm <= 2.0:
            raise InputError(f"The truth mesh can be made at 0.1 to 2 mm, not {spacing_mm} mm.")
        from vtkmodules.util.numpy_support import numpy_to_vtk
        from vtkmodules.vtkCommonDataModel import vtkImageData
        from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

        solid = self.everything if crumbs else self.bone
        axes = [np.arange(low - spacing_mm, high + 2 * spacing_mm, spacing_mm) for low, high in _BOX]
        image = vtkImageData()
        image.SetDimensions(*(len(axis) for axis in axes))
        image.SetSpacing(spacing_mm, spacing_mm, spacing_mm)
        image.SetOrigin(*(float(axis[0]) for axis in axes))
        values = np.concatenate([solid.field(_layer(axes[0], axes[1], z))[0] for z in axes[2]])
        image.GetPointData().SetScalars(numpy_to_vtk(-values, deep=True))
        contour = vtkFlyingEdges3D()
        contour.SetInputData(image)
        contour.SetValue(0, 0.0)
        contour.ComputeNormalsOff()
        contour.ComputeScalarsOff()
        contour.Update()
        mesh = Mesh.from_vtk(contour.GetOutput(), "phantom truth")
        mesh = mesh.with_vertices(_onto(solid, mesh.vertices) + np.asarray(PLACE_MM))
        return mesh if mesh.volume_mm3 > 0.0 else mesh.flipped()


def nearest_on_surface(solid: Solid, points: FloatArray) -> FloatArray:
    """Return for each point (n, 3) a surface point (n, 3) at which the line to it stands upright on the surface."""
    foot = _onto(solid, points)
    best = np.linalg.norm(foot - points, axis=1)
    open_ones = np.flatnonzero(best - np.abs(solid.field(points)[0]) > _FOOT_TOLERANCE_MM)
    step = np.ones(len(points))
    for _ in range(_FOOT_ROUNDS):
        if not len(open_ones):
            break
        here, target = foot[open_ones], points[open_ones]
        _, gradient = solid.field(here)
        normal = gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-12)
        arm = target - here
        along = arm - np.einsum("ij,ij->i", arm, normal)[:, None] * normal
        trial = _onto(solid, here + step[open_ones, None] * along)
        reach = np.linalg.norm(trial - target, axis=1)
        better = reach < best[open_ones]
        gain = best[open_ones] - reach
        chosen = open_ones[better]
        foot[chosen], best[chosen] = trial[better], reach[better]
        step[open_ones] = np.where(better, np.minimum(step[open_ones] * 1.5, 1.0), step[open_ones] / 2.0)
        moved = np.linalg.norm(along, axis=1) * step[open_ones] > _FOOT_TOLERANCE_MM
        open_ones = open_ones[np.where(better, gain > _FOOT_TOLERANCE_MM * 0.01, moved)]
    return foot


def _onto(solid: Solid, points: FloatArray) -> FloatArray:
    """Newton steps along the gradient onto the zero set."""
    out = np.array(points, np.float64)
    todo = np.arange(len(out))
    for _ in range(_FOOT_ROUNDS):
        value, gradient = solid.field(out[todo])
        square = np.maximum(np.einsum("ij,ij->i", gradient, gradient), 0.05)
        out[todo] -= (value / square)[:, None] * gradient
        todo = todo[np.abs(value) > _FOOT_TOLERANCE_MM]
        if not len(todo):
            break
    return out


def _integrate(solid: Solid, step: float) -> float:
    """Volume by cells; a cell that the surface crosses counts by how its plane cuts it, to first order.

    Cells begin large and are halved only where the surface may cross them: a value larger than the way from middle
    to corner says that it cannot, since the value is 1-Lipschitz.
    """
    size = step * 2**_HALVINGS
    axes = [np.arange(low - size, high + size, size) + size / 2.0 for low, high in _BOX]
    cells = np.concatenate([_layer(axes[0], axes[1], float(z)) for z in axes[2]])
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 4.0
    volume = 0.0
    for _ in range(_HALVINGS):
        value, _ = solid.field(cells)
        reach = size * np.sqrt(3.0) / 2.0
        volume += float(np.count_nonzero(value < -reach)) * size**3
        cells = (cells[np.abs(value) <= reach][:, None, :] + corners * size).reshape(-1, 3)
        size /= 2.0
    share = cell_fraction(*solid.field(cells), (size, size, size))
    return volume + float(share.sum()) * float(size) ** 3


def cell_fraction(value: FloatArray, gradient: FloatArray, size: Point) -> FloatArray:
    """Return how much (0..1) of an axis-aligned cell lies inside, taking the surface in it for a plane.

    The share of a box below a plane is a cubic spline of the plane's offset, the convolution of three boxes whose
    widths are the box's extents along the plane's normal (E. Catmull's box-spline view of area sampling).
    """
    widths = np.sort(np.abs(gradient) * np.asarray(size), axis=1)
    full = np.maximum(widths.sum(axis=1), 1e-12)
    widths = np.maximum(widths, full[:, None] * 1e-3)  # a width of zero would divide by zero; this shifts nothing
    a, b, c = widths.T
    offset = -value
    total = np.zeros(len(value))
    for sa in (1.0, -1.0):
        for sb in (1.0, -1.0):
            for sc in (1.0, -1.0):
                reach = np.maximum(offset + (sa * a + sb * b + sc * c) / 2.0, 0.0)
                total += sa * sb * sc * reach**3
    return np.asarray(np.clip(total / (6.0 * a * b * c), 0.0, 1.0))


def _layer(x: FloatArray, y: FloatArray, z: float) -> FloatArray:
    out = np.empty((len(y), len(x), 3))
    out[..., 0], out[..., 1], out[..., 2] = x[None, :], y[:, None], z
    return out.reshape(-1, 3)


def _placed(point: object) -> Point:
    x, y, z = (np.asarray(point, np.float64) + np.asarray(PLACE_MM)).tolist()
    return x, y, z


_BOX = tuple(zip(LOW_MM, HIGH_MM, strict=True))
_TURN = np.deg2rad(68.0)
_PLATE_OUT: Point = (float(np.cos(_TURN)), float(np.sin(_TURN)), 0.0)
_PLATE_ACROSS: Point = (float(-np.sin(_TURN)), float(np.cos(_TURN)), 0.0)
_PLATE_FOOT: Point = (10.6, 2.7, -13.0)
_HOLE_TURN = np.deg2rad(-14.0)
_HOLE_AXIS: Point = (float(np.cos(_HOLE_TURN)), float(np.sin(_HOLE_TURN)), 0.0)
_HOLE_CENTER: Point = (10.4, 2.7, -17.0)
_BODY: tuple[Solid, ...] = (
    RoundCone((9.0, 3.0, -25.5), 12.5, (14.0, 2.0, 6.0), 15.5),  # shaft
    RoundCone((12.0, 1.0, 9.0), 13.0, (-18.0, -6.0, 25.0), 10.5),  # neck
    RoundCone((17.0, 4.0, 6.0), 14.0, (24.0, 8.0, 27.0), 8.5),  # greater trochanter
    RoundCone((4.0, 11.0, -4.0), 7.0, (-1.0, 14.0, -2.0), 5.5),  # lesser trochanter
    Ball((-22.0, -7.0, 26.0), 22.0),  # head
)
_MARROW = RoundCone((9.2, 3.0, -24.0), 6.5, (13.0, 2.2, 4.0), 8.5)
_FOVEA = Ball((-45.0, -8.5, 29.0), 4.5)
_CRUMBS = (
    RoundCone((-24.0, 22.0, -14.0), 2.2, (-22.0, 24.0, -12.0), 2.2),
    RoundCone((36.0, -17.0, -10.0), 1.6, (37.5, -15.0, -8.5), 1.6),
    RoundCone((-20.0, -22.0, -18.0), 1.3, (-19.0, -22.0, -17.0), 1.3),
    RoundCone((37.0, 24.0, 36.0), 2.6, (37.0, 26.0, 38.0), 2.6),
)
