"""Parts in a PLY file: it has colors but no names, so comments of its header tell them apart."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .model_part import About, ModelPart, PartOf

_PART_LINE = re.compile(r"^comment part (\{.*\})\r?$", re.MULTILINE)


def comments_of(parts: Sequence[ModelPart], about: About | None) -> list[str]:
    """Return the comments that tell parts apart: PLY has colors, but no names."""
    lines = [] if about is None else [f"{key}: {value}" for key, value in about.facts().items()]
    for part in parts:
        facts: dict[str, Any] = {
            "name": part.name,
            "number": part.number,
            "faces": len(part.mesh.faces),
            "colored": part.color is not None,
        }
        if part.added_count:
            facts["not_anatomy"] = part.added_count
        lines.append(f"part {json.dumps(facts)}")
    return lines


def parts_of(header: str, faces: npt.NDArray[np.int64], colors: npt.NDArray[np.uint8] | None) -> tuple[PartOf, ...]:
    """Parts as the comments tell them; the color of each is that of its first corner."""
    found: list[PartOf] = []
    first = 0
    for text in _PART_LINE.findall(header):
        try:
            said = json.loads(text)
            count, color = int(said["faces"]), None
            if said["colored"] and colors is not None:
                red, green, blue = colors[faces[first, 0]].tolist()
                color = (red, green, blue)
            gray = int(said.get("not_anatomy", 0))
            added = np.arange(count) >= count - gray if gray else None
            found.append(PartOf(str(said["name"]), str(said["number"]), color, first, count, added))
        except (ValueError, KeyError, TypeError, IndexError):
            return ()
        first += count
    return tuple(found) if first == len(faces) else ()
