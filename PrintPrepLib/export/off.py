"""OFF (Object File Format, ASCII)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh
from ..progress import Progress, silent
from .parsed import Parsed, UnreadableError, numbers, stated_space, triangulate

_BLOCK = 1 << 16
_COMMENT = re.compile(rb"#[^\r\n]*")
_VERTEX_WIDTH = {"OFF": 3, "NOFF": 6, "COFF": 7, "CNOFF": 10, "NCOFF": 10}
"""Numbers per vertex; coordinates come first, normals and colors (r g b a) behind them are left out."""
_NEXT = "Export the model again as OFF."


def read(path: Path) -> Parsed:
    """Read an ASCII OFF file.

    Raises
    ------
    UnreadableError
        Not an OFF file, or counts that disagree with what it holds.
    """
    raw = path.read_bytes()
    body = _COMMENT.sub(b"", raw)
    keyword, _, rest = body.lstrip().partition(b"\n")
    words = keyword.split()
    width = _VERTEX_WIDTH.get(words[0].decode("latin-1") if words else "", 0)
    if not width or (len(words) > 1 and words[1].upper() == b"BINARY"):
        raise UnreadableError(f"is not an ASCII OFF model: it does not begin with 'OFF'. {_NEXT}")
    rest = b" ".join(words[1:]) + b"\n" + rest
    lines = [line for line in rest.splitlines() if line.strip()]
    head = numbers(lines[0], "counts") if lines else np.empty(0)
    if len(head) < 2 or (head < 0).any() or not np.isfinite(head).all():
        raise UnreadableError(f"does not say how many vertices and faces it has. {_NEXT}")
    n_vertices, n_faces = int(head[0]), int(head[1])
    if len(lines) < 1 + n_vertices + n_faces:
        raise UnreadableError(
            f"is cut short: it announces {n_vertices} vertices and {n_faces} faces, but holds only "
            f"{len(lines) - 1} lines. {_NEXT}"
        )
    values = numbers(b"\n".join(lines[1 : 1 + n_vertices]), "vertices")
    if n_vertices == 0 or len(values) % n_vertices or len(values) // n_vertices < width - 1:
        raise UnreadableError(f"has vertices that do not have {width} numbers each. {_NEXT}")
    vertices = np.ascontiguousarray(values.reshape(n_vertices, -1)[:, :3])
    counts, corners = _faces(lines[1 + n_vertices : 1 + n_vertices + n_faces])
    return Parsed(vertices, triangulate(vertices, counts, corners), stated_space(raw[:1024]))


def write(mesh: Mesh, file: BinaryIO, progress: Progress = silent) -> None:
    """Write ASCII OFF with nine digits."""
    file.write(f"OFF\n# PrintPrep output. SPACE=LPS\n{len(mesh.vertices)} {len(mesh.faces)} 0\n".encode("ascii"))
    total = len(mesh.vertices) + len(mesh.faces)
    for begin in range(0, len(mesh.vertices), _BLOCK):
        progress(begin / total, "Writing OFF")
        block = mesh.vertices[begin : begin + _BLOCK]
        file.write(("%.9g %.9g %.9g\n" * len(block) % tuple(block.ravel().tolist())).encode("ascii"))
    for begin in range(0, len(mesh.faces), _BLOCK):
        progress((len(mesh.vertices) + begin) / total, "Writing OFF")
        faces = mesh.faces[begin : begin + _BLOCK]
        file.write(("3 %d %d %d\n" * len(faces) % tuple(faces.ravel().tolist())).encode("ascii"))


def _faces(lines: list[bytes]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    counts = np.empty(len(lines), np.int64)
    kept: list[bytes] = []
    for index, line in enumerate(lines):
        words = line.split()
        if not words[0].isdigit() or len(words) < 1 + int(words[0]):
            raise UnreadableError(f"has a face line that makes no sense: '{line.decode('latin-1')[:40]}'. {_NEXT}")
        counts[index] = int(words[0])
        kept += words[1 : 1 + int(words[0])]  # a color may follow
    corners = numbers(b" ".join(kept), "faces")
    if not np.isfinite(corners).all():
        raise UnreadableError(f"has faces with corner numbers that are not finite. {_NEXT}")
    return counts, corners.astype(np.int64)
