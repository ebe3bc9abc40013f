"""MTL: the materials of an OBJ file, one color each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from .model_part import ADDED_COLOR, ModelPart, Rgb

_LARGEST = 1 << 20
"""Bytes of a material file that are read; ours are a few hundred."""
_NEW = re.compile(r"^\s*newmtl\s+(.+?)\s*$")
_DIFFUSE = re.compile(r"^\s*Kd\s+([-+.\deE]+)\s+([-+.\deE]+)\s+([-+.\deE]+)\s*$")


ADDED_MATERIAL = "not_anatomy"
"""Name of the material of triangles that are not anatomy."""


def material_name(index: int) -> str:
    """Name of the material of a part by its place in the file."""
    return f"part_{index + 1:02d}"


def write(parts: Sequence[ModelPart], file: BinaryIO) -> None:
    """Write one material per colored part.

    ``Kd`` is sRGB by 255, as nearly all programs read it: (222, 203, 173) becomes 0.870588 0.796078 0.678431, and six
    digits give the same three numbers back.
    """
    lines = ["# PrintPrep output"]
    named = [(material_name(index), part.color) for index, part in enumerate(parts) if part.color is not None]
    if any(part.added is not None for part in parts):
        named.append((ADDED_MATERIAL, ADDED_COLOR))
    for name, color in named:
        shares = " ".join(f"{value / 255:.6f}" for value in color)
        lines += [f"newmtl {name}", f"Kd {shares}", "Ka 0 0 0", "Ks 0 0 0", "d 1", "illum 1"]
    file.write(("\n".join(lines) + "\n").encode("ascii"))


def read(path: Path) -> dict[str, Rgb]:
    """Read the diffuse color of every material, sRGB 0..255; an absent or odd file gives none."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return {}
    colors: dict[str, Rgb] = {}
    name = ""
    for line in text.splitlines():
        if new := _NEW.match(line):
            name = new[1]
        elif (kd := _DIFFUSE.match(line)) and name:
            try:
                red, green, blue = (round(255 * min(max(float(value), 0.0), 1.0)) for value in kd.groups())
            except ValueError:
                continue
            colors[name] = (red, green, blue)
    return colors
