"""What a printing process asks of a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...profiles.processes import process_of
from ..marks.sizes import LABEL_DEPTH_MM, LABEL_HEIGHT_MM, LEAST_LAYERS, stroke_of

__all__ = ["DEFAULT_PROCESS", "LABEL_DEPTH_MM", "LABEL_HEIGHT_MM", "LEAST_MARGIN_MM", "Rules", "rules_of"]

DEFAULT_PROCESS = "fdm"
"""Where no process is given: its strokes and gaps are the widest of the usual ones."""
LEAST_MARGIN_MM = 1.0
"""A label stays this far from where its surface ends. Ours: what one must see to tell a letter from an edge."""


@dataclass(frozen=True)
class Rules:
    """Least sizes of a process, mm.

    Attributes
    ----------
    process : str
    stroke_mm, gap_mm : float
        Thinnest stroke, narrowest gap that stays open.
    wall_mm : float
        Wall that must be left under an engraving.
    depth_mm : float
        Least depth or relief that shows.
    sources : dict
        Who states each.
    """

    process: str
    stroke_mm: float
    gap_mm: float
    wall_mm: float
    depth_mm: float
    sources: dict[str, str]

    @property
    def margin_mm(self) -> float:
        """Distance that a label keeps from the end of its piece of surface."""
        return max(LEAST_MARGIN_MM, self.wall_mm)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "process": self.process, "stroke_mm": self.stroke_mm, "gap_mm": self.gap_mm, "wall_mm": self.wall_mm,
            "depth_mm": self.depth_mm, "sources": self.sources,
        }  # fmt: skip


def rules_of(process: str) -> Rules:
    """Look the figures of a process up.

    Raises
    ------
    InputError
        The process is not known.
    """
    figures, stroke = process_of(process), stroke_of(process)
    layers = LEAST_LAYERS * figures.layer_mm
    detail = 0.0 if figures.detail is None else figures.detail.value_mm
    sources = {
        "stroke": stroke.source,
        "gap": figures.gap.source,
        "wall": figures.wall.source,
        "depth": figures.source if figures.detail is None or layers > detail else figures.detail.source,
    }
    return Rules(
        figures.name, stroke.value_mm, figures.gap.value_mm, figures.wall.value_mm, max(layers, detail), sources
    )
