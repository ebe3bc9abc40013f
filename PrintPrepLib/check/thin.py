"""Will walls, pins and gaps come out of the printer?"""

from __future__ import annotations

from ..analysis.thickness import Side, vertex_areas
from ..analysis.thin import Form, ThinPlaces, ThinRegion, thin_places
from ..finding import Finding, Severity
from ..profiles.processes import Process
from .subject import Subject, not_run, plural

WORTH_FAILING_MM2 = 1.0
"""A thin wall of less surface than this, both sides together, is a speck: it is told as a warning."""
LISTED = 5
_CODES = ("wall-thickness", "feature-size", "gap")


def check_thin(subject: Subject) -> list[Finding]:
    """Judge walls, pins and spikes, and gaps against what the printing process can make."""
    process = subject.process
    if process is None:
        advice = "Name the printer or the printing process."
        return [not_run(code, "the printing process is not known.", advice) for code in _CODES]
    if not subject.is_closed:
        return [not_run(code, "the surface is not closed.", "Repair it first.") for code in _CODES]
    seen = subject.seen
    measured = subject.thickness(max(process.wall.value_mm, process.wall_free.value_mm, process.feature.value_mm))
    walls = thin_places(seen, measured, max(process.wall.value_mm, process.wall_free.value_mm))
    pins = thin_places(seen, measured, process.feature.value_mm)
    gaps = thin_places(seen, subject.thickness(process.gap.value_mm, Side.GAP), process.gap.value_mm)
    thin_mm2 = float(vertex_areas(seen)[measured.thickness_mm < process.wall.value_mm].sum())
    return [
        _walls(process, walls, thin_mm2, float(subject.area_mm2.sum())),
        _pins(process, pins),
        _gaps(process, gaps),
    ]


def _walls(process: Process, places: ThinPlaces, thin: float, whole: float) -> Finding:
    regions = places.of_form(Form.WALL, Form.RIM, Form.OPENING)
    hard, soft = process.wall.value_mm, process.wall_free.value_mm
    failing = [r for r in regions if r.form is Form.WALL and r.typical_mm < hard and r.area_mm2 >= WORTH_FAILING_MM2]
    detail = f"{thin / 100.0:.2f} cm2 of surface ({100.0 * thin / whole:.2f} %) is thinner than {hard:g} mm"
    advice = (
        f"Thicken them to {hard:g} mm or more, or print larger, or choose a finer process. The limit is for "
        f"{process.title}: {process.wall.source}."
    )
    if failing:
        worst = min(failing, key=lambda r: r.typical_mm)
        return Finding(
            "wall-thickness", Severity.FAIL,
            f"{plural(len(failing), 'wall is', 'walls are')} too thin to print: {_listed(failing)}. {detail}.",
            worst.typical_mm, hard, "mm", worst.min_at_mm, advice,
        )  # fmt: skip
    weak = [r for r in regions if r.typical_mm < soft and (r.form is Form.WALL or r.typical_mm < hard)]
    if weak:
        worst = min(weak, key=lambda r: r.typical_mm)
        return Finding(
            "wall-thickness", Severity.WARN,
            f"{plural(len(weak), 'place is', 'places are')} thin: {_listed(weak)}. Walls below {soft:g} mm need "
            f"support from their surroundings; rims wear. {detail}.",
            worst.typical_mm, soft, "mm", worst.min_at_mm, advice,
        )  # fmt: skip
    return Finding(
        "wall-thickness", Severity.PASS, f"No wall is thinner than {soft:g} mm ({process.title}).", None, soft, "mm"
    )


def _pins(process: Process, places: ThinPlaces) -> Finding:
    limit = process.feature.value_mm
    pins = [r for r in places.of_form(Form.PIN) if r.typical_mm < limit]
    if not pins:
        return Finding(
            "feature-size", Severity.PASS, f"No pin or spike is thinner than {limit:g} mm ({process.title}).",
            None, limit, "mm",
        )  # fmt: skip
    worst = min(pins, key=lambda r: r.typical_mm)
    return Finding(
        "feature-size", Severity.WARN,
        f"{plural(len(pins), 'pin or spike is', 'pins or spikes are')} thin and may break or be left out: "
        f"{_listed(pins)}.",
        worst.typical_mm, limit, "mm", worst.min_at_mm,
        f"Thicken them, remove them, or print them with care. The limit is for {process.title}: "
        f"{process.feature.source}.",
    )  # fmt: skip


def _gaps(process: Process, places: ThinPlaces) -> Finding:
    limit = process.gap.value_mm
    gaps = [r for r in places.regions if r.area_mm2 >= WORTH_FAILING_MM2]
    if not gaps:
        return Finding(
            "gap", Severity.PASS, f"No gap is narrower than {limit:g} mm ({process.title}).", None, limit, "mm"
        )
    worst = min(gaps, key=lambda r: r.typical_mm)
    return Finding(
        "gap", Severity.WARN,
        f"{plural(len(gaps), 'gap is', 'gaps are')} so narrow that the walls may fuse in print: {_listed(gaps)}.",
        worst.typical_mm, limit, "mm", worst.min_at_mm,
        f"Where a joint, a suture or a hole must stay open, look at it. The limit is for {process.title}: "
        f"{process.gap.source}.",
    )  # fmt: skip


def _listed(regions: list[ThinRegion]) -> str:
    ordered = sorted(regions, key=lambda r: -r.area_mm2)
    said = "; ".join(
        f"{r.form.value}, {r.typical_mm:.2f} mm over {r.area_mm2:.3g} mm2, {r.location} at "
        f"({r.center_mm[0]:.1f}, {r.center_mm[1]:.1f}, {r.center_mm[2]:.1f})"
        for r in ordered[:LISTED]
    )
    return said + (f" (the largest {LISTED} of {len(regions)})" if len(regions) > LISTED else "")
