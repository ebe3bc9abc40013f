"""What hollowing says in its receipt: in figures and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...mesh import FloatArray, Mesh
from .achieved import Achieved
from .cavity import Cavities
from .inside import Inside
from .settings import Settings
from .traps import Trap, Traps
from .vented import Vented
from .voids import Void

LISTED = 100
"""Places that a receipt lists of each kind; all are counted."""
TOLD_SHARE = 0.01
"""Resin that stays is told in words from this share of the hollows on, or"""
TOLD_ML = 0.2
"""from so many milliliters on."""
LEAST_WITHIN = 0.98
"""Below this share of the wall within its tolerance a warning is given."""


@dataclass(frozen=True, eq=False)
class Story:
    """All that was done and measured."""

    solid: Mesh
    result: Mesh
    settings: Settings
    found: Cavities
    vented: Vented
    achieved: Achieved
    traps: Traps
    voids: tuple[Void, ...]
    closed: tuple[Void, ...]

    @property
    def saved_ml(self) -> float:
        """Material saved against the model without its closed voids."""
        return (self.solid.volume_mm3 - self.result.volume_mm3) / 1000.0


def details_of(story: Story) -> dict[str, Any]:
    """Figures of the receipt, plain JSON values."""
    vented, settings = story.vented, story.settings
    drains = [len([one for one in vented.drains if one.cavity == row + 1]) for row in range(len(vented.hollow))]
    left = [(cavity.volume_mm3, cavity.center_mm, "no drain fits") for cavity in vented.left]
    left += [(volume, at, "too small") for volume, at in story.found.small]
    return {
        "settings": settings.to_dict(),
        "sources": settings.sources,
        "achieved": story.achieved.to_dict(),
        "cavities": [
            {"number": row + 1, "volume_ml": cavity.volume_mm3 / 1000.0, "at_mm": _place(cavity.center_mm), "drains": n}
            for row, (cavity, n) in enumerate(zip(vented.hollow, drains, strict=True))
        ],
        "drains": [drain.to_dict() for drain in vented.drains],
        "left_solid": [
            {"volume_ml": volume / 1000.0, "at_mm": _place(at), "reason": reason}
            for volume, at, reason in left[:LISTED]
        ],
        "left_solid_total": len(left),
        "left_solid_ml": sum(volume for volume, _, _ in left) / 1000.0,
        "voids_taken_away": [void.to_dict() for void in story.voids[:LISTED]],
        "voids_taken_away_total": len(story.voids),
        "closed_voids": [void.to_dict() for void in story.closed[:LISTED]],
        "closed_voids_total": len(story.closed),
        "traps": {
            "standing": [trap.to_dict() for trap in story.traps.standing[:LISTED]],
            "hanging": [trap.to_dict() for trap in story.traps.hanging[:LISTED]],
            "voids_on_voxels": [trap.to_dict() for trap in story.traps.voids[:LISTED]],
            "voxel_mm": story.traps.voxel_mm,
            "resolved": story.traps.resolved,
        },
        "loose_pieces_left_out": story.found.loose,
        "outer_triangles": len(story.solid.faces),
        "outer_triangles_cut": vented.outer_cut,
        "saved_ml": story.saved_ml,
        "saved_percent": 100.0 * story.saved_ml * 1000.0 / story.solid.volume_mm3,
        "saved_g": None if settings.density_g_ml is None else story.saved_ml * settings.density_g_ml,
    }


def words_of(story: Story) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and warnings of the receipt."""
    achieved, settings, vented = story.achieved, story.settings, story.vented
    notes, warnings = list(settings.sources.get("process", "").splitlines()), list(settings.warnings)
    notes.append(
        f"Wall asked {settings.wall_mm:g} mm; measured at {achieved.points:,} points: least {achieved.min_mm:.3f}, 1 % "
        f"below {achieved.p01_mm:.3f}, middle {achieved.median_mm:.3f}, 99 % below {achieved.p99_mm:.3f} mm; "
        f"{achieved.within_share:.2%} of it within {achieved.tolerance_mm:g} mm."
    )
    if achieved.within_share < LEAST_WITHIN or achieved.min_mm < settings.wall_mm - achieved.tolerance_mm:
        warnings.append(
            f"The wall is not {settings.wall_mm:g} mm everywhere: see the figures above, and look before you print."
        )
    notes.append(
        f"Behind {achieved.solid_share:.0%} of the outer surface the model stays solid: it is too thin there to "
        "hollow, or an edge or a rib is behind."
    )
    saved = f"{story.saved_ml:.4g} ml of {story.solid.volume_mm3 / 1000.0:.4g} ml saved"
    saved += f" ({100.0 * story.saved_ml * 1000.0 / story.solid.volume_mm3:.0f} %)"
    if settings.density_g_ml is not None:
        saved += f", {story.saved_ml * settings.density_g_ml:.3g} g"
    notes.append(saved + ".")
    notes += _of_drains(story)
    kept = len(story.solid.faces) - vented.outer_cut
    notes.append(
        f"Outer surface: {kept:,} of {len(story.solid.faces):,} triangles are unchanged to the bit; "
        f"{vented.outer_cut:,} were cut by drains. What is told as moved is of this surface alone."
    )
    if settings.inside is not Inside.NONE:
        what = "Ribs" if settings.inside is Inside.RIBS else "A lattice of bars"
        notes.append(
            f"{what} of {settings.bar_mm:g} mm, {settings.spacing_mm:g} mm from one to the next, inside: not anatomy."
        )
    if story.found.loose:
        notes.append(f"{story.found.loose} pieces of it would have lain loose in a hollow and were left out.")
    if story.voids:
        taken = sum(void.volume_mm3 for void in story.voids) / 1000.0
        notes.append(
            f"{_several(len(story.voids), 'closed void')} of the model ({taken:.3g} ml) were taken away first; what "
            "lay deep enough became part of the hollow, the rest is solid now."
        )
    left = [cavity.volume_mm3 for cavity in vented.left]
    if left:
        warnings.append(
            f"{_several(len(left), 'hollow')} ({sum(left) / 1000.0:.3g} ml) stay solid: nowhere is there "
            f"room for a drain of {settings.drain_mm:g} mm with a free way out."
        )
    if story.found.small:
        small = [volume for volume, _ in story.found.small]
        notes.append(
            f"{_several(len(small), 'hollow')} below {settings.least_mm3 / 1000.0:.3g} ml ({sum(small) / 1000.0:.3g} "
            "ml in all) stay solid: they are not worth a drain."
        )
    if story.closed:
        x, y, z = story.closed[0].at_mm
        warnings.append(
            f"{_several(len(story.closed), 'closed void')} in the result, closed on all sides, the largest of "
            f"{story.closed[0].volume_mm3 / 1000.0:.3g} ml at ({x:.1f}, {y:.1f}, {z:.1f}): resin, powder or support "
            "stays in them. Ask for drains."
        )
    else:
        notes.append("No closed void is left: no shell of the result looks inward, and drains reach every hollow.")
    more, traps = _of_traps(story)
    return (*notes, *more), (*warnings, *traps)


def _of_drains(story: Story) -> list[str]:
    vented, settings = story.vented, story.settings
    out = [
        f"{_several(len(vented.hollow), 'hollow')}, the largest of {vented.hollow[0].volume_mm3 / 1000.0:.4g} ml; "
        f"{_several(len(vented.drains), 'drain')} of {settings.drain_mm:g} mm."
    ]
    for drain in vented.drains[:LISTED]:
        x, y, z = drain.place.at_mm
        how = "by hand" if drain.by_hand else f"seen from {drain.place.open_share:.0%} of the directions in front of it"
        out.append(
            f"Drain into hollow {drain.cavity} at ({x:.1f}, {y:.1f}, {z:.1f}), {drain.place.height_mm:.0f} mm above "
            f"the lowest point, through {drain.place.wall_mm:.2f} mm, {how}."
        )
    if vented.short:
        out.append(
            f"{_several(len(vented.short), 'hollow')} with fewer drains than the {settings.drains} wanted: there "
            "is no room for more."
        )
    return out


def _of_traps(story: Story) -> tuple[list[str], list[str]]:
    """Notes and warnings. That all drains are low, and nothing flows out upside down, is no fault."""
    hollow = sum(cavity.volume_mm3 for cavity in story.vented.hollow)
    out: list[str] = []
    notes: list[str] = []
    for traps, how, advice, kind in (
        (story.traps.standing, "standing as it is printed", "it also sucks on the film of a vat printer", out),
        (story.traps.hanging, "hanging upside down, as in most vat printers", "turn it while it drains", notes),
    ):
        told = [trap for trap in traps if trap.volume_mm3 >= max(TOLD_SHARE * hollow, 1000.0 * TOLD_ML)]
        if told:
            kind.append(
                f"{how.capitalize()}, {_sum(told):.3g} ml of resin stay in {_several(len(told), 'place')}, most of it "
                f"({told[0].volume_mm3 / 1000.0:.3g} ml) above {_words(told[0].at_mm)}: {advice}."
            )
    if story.traps.voids and not story.closed:
        x, y, z = story.traps.voids[0].at_mm
        notes.append(
            f"{_several(len(story.traps.voids), 'pocket')} ({_sum(story.traps.voids):.2g} ml) hang together with "
            f"the rest only by ways narrower than {story.traps.voxel_mm:.2g} mm, the largest at ({x:.1f}, {y:.1f}, "
            f"{z:.1f}): what is in them may stay."
        )
    if not story.traps.resolved:
        out.append(
            f"The model is so large that traps were looked for on voxels of {story.traps.voxel_mm:.2g} mm, which "
            "drains may be too narrow for: cups and voids may be told that are none."
        )
    return notes, out


def _sum(traps: Sequence[Trap]) -> float:
    return sum(trap.volume_mm3 for trap in traps) / 1000.0


def _words(at: tuple[float, float, float]) -> str:
    return "({:.1f}, {:.1f}, {:.1f})".format(*at)


def _place(at: FloatArray) -> list[float]:
    return [round(float(value), 3) for value in at]


def _several(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
