"""Seats for pins between two bodies: which places have room, proven with rays, and how near the others came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ..cut.assembly import Seam
from ..cut.plane import CutPlane
from ..pins.envelope import Envelope, envelope
from ..pins.key import keyed
from ..pins.kinds import Pin
from ..pins.request import PinRequest, Size, pin_at
from .columns import Caster
from .facing_area import FacingArea
from .near import in_words, place

MOST_PLACES = 6_000
"""Places of a facing area that are looked at: on one of 20 cm2 they stand 0.6 mm apart."""
FINEST_MM = 0.15
PROOF_MM = 0.2
"""Columns of the proof of one place stand this far apart: half the width of the finest nozzle."""
RADIUS_STEPS = 24
"""Steps in which the radius is narrowed to find where it comes nearest,"""
RADIUS_MM = 0.02
"""and how finely it is then told how much is missing there."""
BRIDGE_SHARE = 0.5
"""A pin bridges at most this share of its length more than the least that any place allows: pins stand where the bodies
are near, not at the far rim of two round ones."""
APART_SHARE = 2.5
"""Near misses are looked for at least so many diameters from pins that are there."""


@dataclass(frozen=True, eq=False)
class Seat:
    """A place for a pin, as rays over its whole envelope found it; heights along the axis from the plane, mm.

    ``first_level_mm`` is the deepest entry into the first body within the envelope, ``second_level_mm`` into the
    second; ``top_mm`` and ``entry_mm`` are those on the axis. ``*_drop_mm`` is how far the surface rises above the
    level. ``spare_mm`` is how much more depth than needed there is; negative where it does not fit.
    """

    at: FloatArray
    size: Size
    first_level_mm: float
    second_level_mm: float
    top_mm: float
    entry_mm: float
    first_drop_mm: float
    second_drop_mm: float
    spare_mm: float


class Seats:
    """Room for pins along one axis."""

    def __init__(
        self, first: Mesh, second: Mesh, plane: CutPlane, area: FacingArea, max_gap_mm: float, least_mm: float
    ) -> None:
        self.plane, self.max_gap = plane, max_gap_mm
        self.caster = Caster(first, second, plane, area)
        local = plane.to_local(np.concatenate([area.on_first, area.on_second]))[:, :2]
        low, high = local.min(axis=0) - least_mm, local.max(axis=0) + least_mm
        span = np.maximum(high - low, FINEST_MM)
        self.grid = max(min(max(float(np.sqrt(span.prod() / MOST_PLACES)), FINEST_MM), 0.5 * least_mm), FINEST_MM)
        count = np.ceil(span / self.grid).astype(int) + 1
        x, y = (low[k] + self.grid * np.arange(count[k]) for k in range(2))
        self.shape = (len(x), len(y))
        places = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
        self.places = places
        self.columns = self.caster.at(places)
        self.longest: dict[Size, float] = {}

    def spare(self, asked: PinRequest, size: Size, *, foot_first: bool, wider_mm: float = 0.0) -> FloatArray:
        """How much more depth than needed there is round each place, (k,); negative or -inf where none fits.

        With the envelope wider by the grid's diagonal, what fits here will be proven; without, it may.
        """
        need = self._need(asked, size)
        wider = replace(
            need, foot_radius_mm=need.foot_radius_mm + wider_mm, other_radius_mm=need.other_radius_mm + wider_mm
        )
        depths, bridge = self._depths(wider, foot_first=foot_first)
        spare = np.asarray(np.min(depths, axis=0))
        fits = spare >= 0.0
        if fits.any():
            self.longest[size] = float(bridge[fits].min()) + BRIDGE_SHARE * size.length_mm
            spare[bridge > self.longest[size]] = -np.inf
        return spare

    def proven(self, asked: PinRequest, size: Size, at: FloatArray, *, foot_first: bool) -> Seat:
        """Shoot columns close together over the envelope of a pin at a place (2,)."""
        need = self._need(asked, size)
        first, second = _sides(need, foot_first=foot_first)
        reach = max(first[0], second[0])
        disc = np.concatenate([np.zeros((1, 2)), _rings(reach)])
        columns = self.caster.at(at + disc)
        away = np.linalg.norm(disc, axis=1)
        nothing = Seat(at, size, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -np.inf)
        if not columns.valid.all():
            return nothing
        in_first, in_second = away <= first[0] + 1e-9, away <= second[0] + 1e-9
        low, high = float(columns.top[in_first].min()), float(columns.entry[in_second].max())
        spare = min(
            low - float(columns.bottom[in_first].max()) - first[1],
            float(columns.exit[in_second].min()) - high - second[1],
        )
        if high - low > min(self.max_gap + 2.0 * reach, self.longest.get(size, np.inf)):
            spare = -np.inf
        return Seat(
            at, size, low, high, float(columns.top[0]), float(columns.entry[0]),
            float(columns.top[in_first].max()) - low, high - float(columns.entry[in_second].min()), spare,
        )  # fmt: skip

    def by_hand(self, asked: PinRequest, sizes: Sequence[Size], *, foot_first: bool) -> list[Seat]:
        """Seats at the places that were asked for, of the largest size that fits at all.

        Raises
        ------
        GeometryError
            A place has no room.
        """
        at = self.plane.to_local(np.array(asked.places_mm))[:, :2]
        between = np.linalg.norm(at[:, None] - at[None], axis=2) + np.where(np.eye(len(at)) > 0.0, np.inf, 0.0)
        room = 2.0 * max(self._need(asked, sizes[-1]).foot_radius_mm, self._need(asked, sizes[-1]).other_radius_mm)
        if between.min() < room:
            raise GeometryError(
                f"Two places for pins are {between.min():.2f} mm apart across their axis; with their walls they need "
                f"{room:.2f} mm. Move them apart, or ask for thinner pins."
            )
        worst = 0
        for size in sizes:
            seats = [self.proven(asked, size, point, foot_first=foot_first) for point in at]
            worst = int(np.argmin([seat.spare_mm for seat in seats]))
            if seats[worst].spare_mm >= 0.0:
                return seats
        missing = -seats[worst].spare_mm
        lack = f"{missing:.2f} mm of depth are missing" if np.isfinite(missing) else "its columns leave the bodies"
        raise GeometryError(
            f"A pin of {sizes[-1].diameter_mm:g} mm with {asked.wall_mm:g} mm of wall does not fit at "
            f"{in_words(asked.places_mm[worst])}: {lack}. Leave the place out, and one is looked for."
        )

    def near_miss(
        self, asked: PinRequest, smallest: Size, first: str, second: str, *, other_than: Sequence[Seat] = ()
    ) -> str:
        """Say how near it came for the smallest pin: which body is too narrow or too shallow, where, by how much."""
        need = self._need(asked, smallest)
        who = f"the smallest, {smallest.diameter_mm:g} mm with {asked.wall_mm:g} mm of wall,"
        free = np.ones(len(self.places), bool)
        for seat in other_than:
            away = np.linalg.norm(self.places - seat.at, axis=1)
            free &= away >= APART_SHARE * smallest.diameter_mm
        missing, row = self._missing_radius(need, free)
        start = "No pin fits:" if not other_than else "Elsewhere"
        if row is not None:
            level = float(self.columns.top[row])
            at = place(self.plane.to_world(np.array([[*self.places[row], level]]))[0])
            return f"{start} {who} lacks {missing:.2f} mm of radius at {in_words(at)}, where it comes nearest."
        depths = self._depths(_narrowed(need, 0.0), foot_first=True)[0]
        usable = np.flatnonzero(self.columns.valid & free)
        if not len(usable):
            return f"{start} {who} finds no place where a line along the common axis meets both bodies."
        worst = np.minimum(*depths)[usable]
        row = int(usable[worst.argmax()])
        body = first if depths[0, row] < depths[1, row] else second
        at = place(self.plane.to_world(np.array([[*self.places[row], float(self.columns.top[row])]]))[0])
        return (
            f"{start} {who} needs {max(need.foot_depth_mm, need.other_depth_mm):.2f} mm of depth; '{body}' lacks "
            f"{-float(worst.max()):.2f} mm of it at {in_words(at)}, where it comes nearest."
        )

    def _missing_radius(self, need: Envelope, free: np.ndarray) -> tuple[float, int | None]:
        """How much the envelope would have to be narrower to fit somewhere, and the place."""
        widest = max(need.foot_radius_mm, need.other_radius_mm)
        for step in range(RADIUS_STEPS):
            less = widest * step / RADIUS_STEPS
            spare = np.min(self._depths(_narrowed(need, widest - less), foot_first=True)[0], axis=0)
            spare[~free] = -np.inf
            row = int(spare.argmax())
            if spare[row] >= 0.0:
                return max(widest - self._widest_near(need, row), 0.0), row
        return 0.0, None

    def _widest_near(self, need: Envelope, row: int) -> float:
        """Widest radius with the depth that is needed, at a place or half a step beside it."""
        best = 0.0
        steps = 0.5 * self.grid * np.array([-1.0, 0.0, 1.0])
        for shift in np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2):
            low, high = 0.0, max(need.foot_radius_mm, need.other_radius_mm)
            while high - low > RADIUS_MM:
                middle = 0.5 * (low + high)
                fits = self._spare_of(_narrowed(need, middle), self.places[row] + shift) >= 0.0
                low, high = (middle, high) if fits else (low, middle)
            best = max(best, low)
        return best

    def _spare_of(self, need: Envelope, at: FloatArray) -> float:
        columns = self.caster.at(at + np.concatenate([np.zeros((1, 2)), _rings(need.other_radius_mm)]))
        if not columns.valid.all():
            return -np.inf
        one = float(columns.top.min() - columns.bottom.max()) - need.foot_depth_mm
        return min(one, float(columns.exit.min() - columns.entry.max()) - need.other_depth_mm)

    def _need(self, asked: PinRequest, size: Size) -> Envelope:
        return envelope(pin_at(bare_seam(self.plane), asked, size, np.zeros(2)), asked.wall_mm)

    def _depths(self, need: Envelope, *, foot_first: bool) -> tuple[FloatArray, FloatArray]:
        """Depth beyond what is needed in both bodies, (2, k), and the length that is bridged, (k,)."""
        (radius_1, depth_1), (radius_2, depth_2) = _sides(need, foot_first=foot_first)
        columns = self.columns
        low = self._filtered(columns.top, radius_1, lowest=True)
        floor = self._filtered(columns.bottom, radius_1, lowest=False)
        high = self._filtered(columns.entry, radius_2, lowest=False)
        ceiling = self._filtered(columns.exit, radius_2, lowest=True)
        with np.errstate(invalid="ignore"):
            one, two = low - floor - depth_1, ceiling - high - depth_2
            bridge = np.where(np.isfinite(high - low), high - low, np.inf)
        far = bridge > self.max_gap + 2.0 * max(radius_1, radius_2)
        one[~np.isfinite(one) | far] = -np.inf
        two[~np.isfinite(two) | far] = -np.inf
        return np.stack([one, two]), bridge

    def _filtered(self, heights: FloatArray, radius: float, *, lowest: bool) -> FloatArray:
        """Lowest or highest value within a radius of each place; infinite where a column is not valid."""
        bad = -np.inf if lowest else np.inf
        field = np.where(self.columns.valid, heights, bad).reshape(self.shape)
        steps = int(np.ceil(radius / self.grid))
        x, y = np.mgrid[-steps : steps + 1, -steps : steps + 1] * self.grid
        disc = np.hypot(x, y) <= radius + 1e-9
        work = ndimage.minimum_filter if lowest else ndimage.maximum_filter
        return np.asarray(work(field, footprint=disc, mode="constant", cval=bad)).ravel()


def key_seats(
    seats: Seats, asked: PinRequest, chosen: Sequence[Seat], sizes: tuple[Size, ...], *, foot_first: bool
) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
    """Pins at the seats, still on the plane, changed so that they fit one way only where that is possible."""
    seam = bare_seam(seats.plane)
    at = np.array([seat.at for seat in chosen])
    size = chosen[0].size
    smaller = tuple(
        other
        for other in sizes
        if other.diameter_mm <= size.diameter_mm
        and other.length_mm <= size.length_mm
        and all(seats.proven(asked, other, seat.at, foot_first=foot_first).spare_mm >= 0.0 for seat in chosen)
    )
    pins = tuple(pin_at(seam, asked, size, point, foot_below=foot_first) for point in at)
    return keyed(seam, asked, pins, at, smaller, foot_below=foot_first)


def pin_on(plane: CutPlane, pin: Pin, seat: Seat, *, foot_first: bool) -> Pin:
    """Move a pin from the plane to its seat: the foot counts from the deepest entry, and so does the hole."""
    level = seat.first_level_mm if foot_first else seat.second_level_mm
    at = plane.to_world(np.array([[*seat.at, level]]))[0]
    return replace(pin, at_mm=place(at), kerf_mm=max(seat.second_level_mm - seat.first_level_mm, 0.0))


def bare_seam(plane: CutPlane) -> Seam:
    """A seam without an outline, for building pins along its normal."""
    import manifold3d

    return Seam(plane, 0, 1, manifold3d.CrossSection())


def _sides(need: Envelope, *, foot_first: bool) -> tuple[tuple[float, float], tuple[float, float]]:
    foot = need.foot_radius_mm, need.foot_depth_mm
    other = need.other_radius_mm, need.other_depth_mm
    return (foot, other) if foot_first else (other, foot)


def _narrowed(need: Envelope, radius: float) -> Envelope:
    """The same depths in a narrower envelope."""
    return replace(
        need, foot_radius_mm=min(need.foot_radius_mm, radius), other_radius_mm=min(need.other_radius_mm, radius)
    )


def _rings(radius: float) -> FloatArray:
    """Places on rings round the origin up to the radius, (k, 2), no farther apart than the proof asks for."""
    count = max(1, int(np.ceil(radius / PROOF_MM)))
    rings = []
    for ring in radius * np.arange(1, count + 1) / count:
        number = max(8, int(np.ceil(2.0 * np.pi * ring / PROOF_MM)))
        angle = 2.0 * np.pi * np.arange(number) / number
        rings.append(ring * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.concatenate(rings)
