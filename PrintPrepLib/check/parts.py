"""How many pieces come out of the printer, and what is trapped inside them."""

from __future__ import annotations

import numpy as np

from ..finding import Finding, Severity
from .subject import Subject, place, plural

LISTED = 10
"""The message lists this many pieces, largest first."""


def check_parts(subject: Subject) -> list[Finding]:
    """Judge the number of separate pieces; ``where`` is the middle of the smallest."""
    shells = subject.shells
    pieces = shells.pieces
    if len(pieces) == 1:
        return [Finding("parts", Severity.PASS, "The model is one piece.", 1, 1, "pieces")]
    listed = ", ".join(
        f"{shells.volume_mm3[number] / 1000:.3g} ml" if shells.closed[number] else "open" for number in pieces[:LISTED]
    )
    more = f" and {len(pieces) - LISTED} more" if len(pieces) > LISTED else ""
    return [
        Finding(
            "parts",
            Severity.WARN,
            f"The model is {plural(len(pieces), 'separate piece')}, largest first: {listed}{more}.",
            len(pieces),
            1,
            "pieces",
            place(shells.center(int(pieces[-1]))) if len(pieces) else None,
            "Separate pieces come loose or lose their place. Keep the ones that are wanted, or join them.",
        )
    ]


def check_cavities(subject: Subject) -> list[Finding]:
    """Count the closed cavities: they are no fault, but powder, resin and supports stay in them."""
    shells = subject.shells
    cavities = np.flatnonzero(shells.cavity)
    if not len(cavities):
        return [Finding("cavities", Severity.PASS, "No cavity is trapped in the model.", 0, None, "cavities")]
    volumes = -shells.volume_mm3[cavities]
    largest = int(volumes.argmax())
    return [
        Finding(
            "cavities",
            Severity.INFO,
            f"{plural(len(cavities), 'closed cavity', 'closed cavities')} in the model, {volumes.sum() / 1000:.3f} ml "
            f"together; the largest holds {volumes[largest] / 1000:.3f} ml.",
            len(cavities),
            None,
            "cavities",
            place(shells.center(int(cavities[largest]))),
            "Powder, resin and supports stay inside. Fill the cavities, or open them with drain holes.",
        )
    ]
