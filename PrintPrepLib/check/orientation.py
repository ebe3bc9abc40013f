"""Does the surface look outward, as a whole and piece by piece?"""

from __future__ import annotations

import numpy as np

from ..finding import Finding, Severity
from .subject import Subject, not_run, place, plural


def check_orientation(subject: Subject) -> list[Finding]:
    """Judge the sign of the volume of the whole and of every closed shell; cavities in a solid rightly look inward."""
    shells = subject.shells
    unsure = shells.count - int(shells.closed.sum())
    closed_volume = float(shells.volume_mm3[shells.closed].sum())
    lost = np.flatnonzero(shells.lost)
    advice = "Turn the triangles round (repair does it), then check again."
    if not shells.closed.any():
        return [
            not_run("inside-out", "no piece of the model is closed, so it has no inside.", "Close the holes first.")
        ]
    if closed_volume < 0:
        return [
            Finding(
                "inside-out",
                Severity.FAIL,
                f"The model is inside out: its volume is {closed_volume / 1000:.3f} ml.",
                closed_volume / 1000,
                0.0,
                "ml",
                None if not len(lost) else place(shells.center(int(lost[0]))),
                advice,
            )
        ]
    if len(lost):
        largest = int(lost[np.argmin(shells.volume_mm3[lost])])
        return [
            Finding(
                "inside-out",
                Severity.FAIL,
                f"{plural(len(lost), 'piece is', 'pieces are')} inside out and in no other piece; the largest holds "
                f"{-shells.volume_mm3[largest] / 1000:.3f} ml.",
                len(lost),
                0,
                "pieces",
                place(shells.center(largest)),
                advice,
            )
        ]
    if unsure:
        reason = f"{plural(unsure, 'piece is', 'pieces are')} open and {'has' if unsure == 1 else 'have'} no inside;"
        return [not_run("inside-out", f"{reason} the closed ones look outward.", "Close the holes first.")]
    message = f"All pieces look outward; the model holds {closed_volume / 1000:.3f} ml."
    return [Finding("inside-out", Severity.PASS, message, closed_volume / 1000, 0.0, "ml")]
