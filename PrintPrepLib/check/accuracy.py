"""How far does the model lie from what it was made from, against the budget?"""

from __future__ import annotations

from ..analysis.deviation import Deviation
from ..errors import GeometryError
from ..finding import Finding, Severity
from ..surface.from_segmentation import make_surface
from .subject import Subject, compare_surfaces, not_run


def check_accuracy(subject: Subject) -> list[Finding]:
    """Judge the deviation both ways: 95 % of the area must keep the budget; single places beyond it are a warning.

    The reference is the given surface; without one, the surface is taken from the segmentation anew, which is done
    only where a budget is given.
    """
    deviation = subject.from_reference
    if deviation is not None:
        return [_finding(subject, deviation, "the reference surface")]
    if subject.segmentation is None:
        reason = "there is nothing to measure the model against."
        return [not_run("accuracy", reason, "Check against the segmentation or the unedited surface.")]
    if subject.accuracy_mm is None:
        return [not_run("accuracy", "no accuracy was asked for.", "Give the accuracy in mm that the use needs.")]
    try:
        reference, _ = make_surface(subject.segmentation)
    except GeometryError as error:
        return [not_run("accuracy", f"the segmentation gives no surface ({error})")]
    return [_finding(subject, compare_surfaces(subject.seen, reference), "the surface of the segmentation")]


def _finding(subject: Subject, deviation: Deviation, name: str) -> Finding:
    forward, backward = deviation.forward, deviation.backward
    p95 = max(forward.p95_mm, backward.p95_mm)
    worst = forward if forward.max_mm >= backward.max_mm else backward
    budget = subject.accuracy_mm
    text = f"95 % of the surface lies within {p95:.3f} mm of {name}; the largest deviation is {worst.max_mm:.2f} mm"
    at = worst.max_at_mm
    if budget is None:
        return Finding("accuracy", Severity.INFO, f"{text}. No budget was given.", p95, None, "mm", at)
    if p95 > budget:
        return Finding(
            "accuracy", Severity.FAIL, f"{text}. The budget is {budget:g} mm.", p95, budget, "mm", at,
            "Smooth or simplify less.",
        )  # fmt: skip
    if worst.max_mm > budget:
        return Finding(
            "accuracy", Severity.WARN, f"{text}: beyond the budget of {budget:g} mm in places.", p95, budget, "mm", at,
            "Look at the place: is it where accuracy is needed?",
        )  # fmt: skip
    return Finding("accuracy", Severity.PASS, f"{text}, within the budget of {budget:g} mm.", p95, budget, "mm", at)
