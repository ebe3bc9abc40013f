"""Does it fit into the printer?"""

from __future__ import annotations

from itertools import permutations

from ..finding import Finding, Severity
from .subject import Subject, not_run

_AXES = "xyz"


def check_printer_size(subject: Subject) -> list[Finding]:
    """Judge whether the box round the model fits, as it lies or in one of the other ways to lay its axes.

    Turns by other angles are not tried: a long model may still fit across a diagonal.
    """
    printer = subject.printer
    if printer is None:
        return [not_run("printer-size", "no printer was named.", "Name a printer.")]
    size, room = subject.mesh.size_mm, printer.build_volume_mm
    sizes = " x ".join(f"{side:.1f}" for side in size)
    rooms = " x ".join(f"{side:g}" for side in room)
    lays = [order for order in permutations(range(3)) if all(size[order[axis]] <= room[axis] for axis in range(3))]
    over = max(float(a - b) for a, b in zip(sorted(size), sorted(room), strict=True))
    text = f"The model measures {sizes} mm, the {printer.title} takes {rooms} mm"
    if (0, 1, 2) in lays:
        return [Finding("printer-size", Severity.PASS, f"{text}: it fits as it lies.", sizes, rooms, "mm")]
    if lays:
        turned = ", ".join(f"its {_AXES[lays[0][axis]]} along the printer's {_AXES[axis]}" for axis in range(3))
        return [
            Finding(
                "printer-size",
                Severity.INFO,
                f"{text}: it fits when it is turned ({turned}).",
                sizes,
                rooms,
                "mm",
                advice="Turn the model before printing.",
            )
        ]
    return [
        Finding(
            "printer-size",
            Severity.FAIL,
            f"{text}: it does not fit along the axes in any of the six ways to lay it; {over:.1f} mm too long.",
            sizes,
            rooms,
            "mm",
            advice="Cut the model into parts, try it across a diagonal, or take a larger printer.",
        )
    ]
