"""The receipt of labels in words."""

from __future__ import annotations

from collections.abc import Sequence

from .code import CODE_NAMES
from .fit import TURN_WARN_DEG
from .place import SLACK, Placed
from .rules import LABEL_DEPTH_MM, LABEL_HEIGHT_MM, Rules


def notes_of(placed: Sequence[Placed], rules: Rules) -> tuple[str, ...]:
    """What was put where, with its measured sizes."""
    out = []
    for one in placed:
        fitted, found = one.fitted, one.measured
        low, middle, high = found.depth_mm
        style, deep = ("engraved", "deep") if fitted.engraved else ("raised", "of relief")
        wall = ""
        if fitted.engraved:
            wall = (
                f", at least {found.wall_mm:.2f} mm of material left beneath"
                if found.wall_mm is not None
                else ", no far wall within reach"
            )
        out.append(
            f"{_named(one)} {style} at {_at(one)}: capitals {one.height_mm:.2f} mm high, {middle:.2f} mm {deep} "
            f"(measured {low:.2f} to {high:.2f}), narrowest stroke {fitted.outline.stroke_mm:.2f} mm{wall}; "
            f"{found.volume_mm3:.1f} mm3 {'taken away' if fitted.engraved else 'added'}. Not anatomy."
        )
        if one.side_share is not None:
            out.append(
                f"The mark {one.job.side} stands {100.0 * one.side_share:.0f} % of the way from the middle to the "
                f"{one.job.side} end of the model, by the patient's axes of the file."
            )
        if one.job.content.code:
            way = "Dark squares are cut in" if fitted.engraved else "Dark squares are raised: color their tops dark"
            out.append(f"{way}; try the printed code with a reader before it is given away.")
    out.append(
        f"Least sizes of {rules.process}: stroke {rules.stroke_mm:g} mm ({rules.sources['stroke']}), wall "
        f"{rules.wall_mm:g} mm ({rules.sources['wall']})."
    )
    return tuple(out)


def warnings_of(placed: Sequence[Placed], rules: Rules, *, include_identity: bool) -> tuple[str, ...]:
    """Where a label is less than the rule or than what was asked for."""
    out = []
    for one in placed:
        name, fitted = _named(one), one.fitted
        if one.height_mm < LABEL_HEIGHT_MM * (1.0 - 1e-9):
            out.append(
                f"{name} is {one.height_mm:.1f} mm high; {LABEL_HEIGHT_MM:g} mm are needed for everybody to read it "
                "(PubMed 31676423)" + (": more does not fit." if one.job.wishes.height_mm is None else ".")
            )
        if fitted.depth_mm < SLACK * one.wanted_depth_mm:
            out.append(
                f"{name} is {fitted.depth_mm:.2f} mm deep instead of {one.wanted_depth_mm:g}: {fitted.why_shallower}."
            )
        elif fitted.depth_mm < LABEL_DEPTH_MM * SLACK and one.job.content.text.strip():
            why = (
                ""
                if one.job.wishes.depth_mm is not None
                else ": no more than the squares of the code or thin strokes bear"
            )
            out.append(
                f"{name} is {fitted.depth_mm:.2f} mm deep; {LABEL_DEPTH_MM:g} mm are the rule for reading "
                f"(PubMed 31676423){why}."
            )
        if fitted.patch.turn_deg > TURN_WARN_DEG:
            out.append(f"{name} reaches round {fitted.patch.turn_deg:.0f} degrees: it cannot be read at one glance.")
        if fitted.outline.slit_mm < rules.gap_mm:
            out.append(
                f"{name} has eyes or slits of {fitted.outline.slit_mm:.2f} mm, which {rules.process} may close "
                f"({rules.gap_mm:g} mm): {rules.sources['gap']}."
            )
    if include_identity:
        out.append(
            "Texts were not searched for patient data, since it was asked for with --include-identity: handle the "
            "model and its files as a patient's documents if they hold it."
        )
    return tuple(out)


def _named(one: Placed) -> str:
    if one.job.side:
        return f"The mark {one.job.side}"
    content = one.job.content
    if content.text.strip():
        return f"The label '{' / '.join(line for line in content.lines if line)}'"
    return f"The {CODE_NAMES[content.code_kind]}" if content.code else "The scale bar"


def _at(one: Placed) -> str:
    return ", ".join(f"{value:.1f}" for value in one.at_mm)
