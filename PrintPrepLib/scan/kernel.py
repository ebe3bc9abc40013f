"""What the reconstruction kernel does to a print."""

from __future__ import annotations

import re
import tomllib
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any

from ..finding import Finding, Severity
from ..volume import Volume


class Sharpness(Enum):
    """How a kernel treats edges."""

    SMOOTH = "smooth"
    MEDIUM = "medium"
    SHARP = "sharp"


_ADVICE = {
    Sharpness.SMOOTH: "Thin bone plates may be lost. For bone, ask for the sharp (bone) reconstruction.",
    Sharpness.MEDIUM: "",
    Sharpness.SHARP: (
        "Good for thin bone, but it raises noise and overshoots at edges: expect specks, and use the soft-tissue "
        "reconstruction for vessels and soft tissue."
    ),
}


def sharpness_of(kernel: str, manufacturer: str) -> Sharpness | None:
    """Return how sharp a kernel is, None where its name is not known."""
    name = kernel.strip().strip("[]'").split("',")[0].strip().upper()
    for row in _table():
        if not re.search(row["maker"], manufacturer.lower()):
            continue
        match = re.fullmatch(row["pattern"], name)
        if match is None:
            continue
        if "sharpness" in row:
            return Sharpness(row["sharpness"])
        number = int(match["n"])
        if number <= row["smooth_up_to"]:
            return Sharpness.SMOOTH
        return Sharpness.SHARP if number >= row["sharp_from"] else Sharpness.MEDIUM
    return None


def kernel_finding(volume: Volume) -> Finding:
    """Say what the kernel named in the source's facts means for a model."""
    kernel = str(volume.source.facts.get("kernel", "") or "")
    if volume.source.modality.upper() not in ("", "CT"):
        return Finding("kernel", Severity.NOT_RUN, "Reconstruction kernels are a matter of CT only.")
    if not kernel:
        return Finding(
            "kernel",
            Severity.NOT_RUN,
            "The reconstruction kernel is not known: the file does not name it.",
            advice="Prefer the DICOM series to a converted file.",
        )
    found = sharpness_of(kernel, str(volume.source.facts.get("manufacturer", "") or ""))
    if found is None:
        return Finding(
            "kernel",
            Severity.NOT_RUN,
            f"The kernel '{kernel}' is not in the table, so its sharpness was not judged.",
            kernel,
            advice="For thin bone choose a bone (sharp) kernel, for vessels and soft tissue a standard one.",
        )
    severity = Severity.PASS if found is Sharpness.MEDIUM else Severity.INFO
    return Finding("kernel", severity, f"The kernel '{kernel}' is {found.value}.", found.value, advice=_ADVICE[found])


@cache
def _table() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads((files(__package__) / "kernels.toml").read_text("utf-8"))["kernel"])
