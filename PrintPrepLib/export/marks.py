"""What a file says about its model: whether it is mirrored, and its scale; read from its name, header and facts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import PrintPrepError
from ..receipt import Receipt
from .model_part import MIRRORED, About
from .parsed import UnreadableError
from .read import facts_of

SAME_SCALE = 1e-9
"""Factors that differ less from one are the rounding of a factor and its inverse."""
_SCALE = re.compile(r"SCALE-(\d+(?:\.\d+)?(?:E[+-]?\d+)?)", re.IGNORECASE)
_HEADER_BYTES = 84
_FACTS = (".3mf", ".glb")


def about_after(receipts: Sequence[Receipt], start: About | None = None) -> About:
    """Return what files must say after these steps.

    Mirrored twice is not mirrored; a side that was joined with its mirror image, or a model with a
    body that is one, stays so whatever comes after.
    """
    about = About() if start is None else start
    forever = False
    scale = about.scale
    for receipt in receipts:
        if receipt.operation == "mirror":
            forever = forever or receipt.details.get("mirrors") == "both"
            about = replace(about, mirrored=forever or not about.mirrored)
        elif receipt.operation == "boolean":
            forever = forever or bool(receipt.details.get("body_mirrored"))
            about = replace(about, mirrored=forever or about.mirrored)
        elif receipt.operation == "scale":
            scale *= float(receipt.parameters["factor"])
    return replace(about, scale=1.0 if abs(scale - 1.0) < SAME_SCALE else scale)


def about_of_file(path: Path) -> About:
    """Return what a model file says of itself: by its name, the header of an STL, the facts of a 3MF or GLB.

    Whichever of them says that it is mirrored or scaled is believed; a file that cannot be read says nothing.
    """
    said, facts = path.stem.upper(), {}
    try:
        if path.suffix.lower() == ".stl":
            with path.open("rb") as file:
                said += " " + file.read(_HEADER_BYTES).decode("latin-1").upper()
        elif path.suffix.lower() in _FACTS:
            facts = facts_of(path)
    except (PrintPrepError, UnreadableError, OSError):
        pass  # whoever reads the mesh says what is wrong with it
    told = _SCALE.search(said)
    stated = _number(facts.get("Scale", "1"))
    value = stated if stated != 1.0 or told is None else _number(told[1])
    return About(scale=value, mirrored=MIRRORED in said or facts.get("Mirrored") == "yes")


def forced(path: Path, about: About) -> Path:
    """Return the path with the marks in its name that must be there, and without those that are no longer true."""
    stem = path.stem
    for mark in _marks_in(stem):
        if mark.upper() not in about.marks:
            stem = re.sub(rf"[ _-]?{re.escape(mark)}", "", stem, count=1)
    return path.with_name(about.marked((stem or "model") + path.suffix))


def _marks_in(stem: str) -> list[str]:
    found = [match[0] for match in _SCALE.finditer(stem)]
    return found + [match[0] for match in re.finditer(MIRRORED, stem, re.IGNORECASE)]


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 1.0
    return value if 0.0 < value < float("inf") else 1.0
