"""Wavefront OBJ: vertices, faces, objects and their materials; textures, normals and groups are left out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh
from ..progress import Progress, silent
from . import materials
from .model_part import About, ModelPart, PartOf
from .parsed import Parsed, UnreadableError, numbers, stated_space, triangulate

_BLOCK = 1 << 16
_OBJECT_LINE = re.compile(rb"^[ \t]*(o|usemtl)[ \t]+([^\r\n]*)", re.MULTILINE)
_ABOUT_LINE = re.compile(r"^# ([A-Z]\w+): (\S+)$", re.MULTILINE)
_PART_LINE = re.compile(r"^# part (\d+): (\{.*\})$", re.MULTILINE)
_VERTEX_LINE = re.compile(rb"^[ \t]*v[ \t]+([^\r\n#]*)", re.MULTILINE)
_FACE_LINE = re.compile(rb"^[ \t]*f[ \t]+([^\r\n#]*)", re.MULTILINE)
_TEXTURE_AND_NORMAL = re.compile(rb"/[^\s]*")
_CONTINUED = re.compile(rb"\\[ \t]*\r?\n")
_COMMENTS = 1 << 16
"""Bytes at the beginning in which comments are looked at."""
_GRAY = materials.ADDED_MATERIAL.encode()
_NEXT = "Export the model again as OBJ."


def read(path: Path) -> Parsed:
    """Read an OBJ file; polygons are cut into triangles.

    Raises
    ------
    UnreadableError
        Not an OBJ file, or faces that use vertices which it does not hold.
    """
    body = path.read_bytes()
    if b"\0" in body[:1000]:
        raise UnreadableError(f"is not an OBJ model: it holds binary data. Choose another file. {_NEXT}")
    body = _CONTINUED.sub(b" ", body)
    vertex_lines = _VERTEX_LINE.findall(body)
    face_lines = _FACE_LINE.findall(body)
    if not vertex_lines or not face_lines:
        raise UnreadableError(f"is not an OBJ model: it has no vertices or no faces. Choose another file. {_NEXT}")
    vertices = _vertices(vertex_lines)
    lines = [_TEXTURE_AND_NORMAL.sub(b"", line) for line in face_lines]
    counts = np.array([len(line.split()) for line in lines], np.int64)
    corners = _integers(b" ".join(lines))
    if (corners == 0).any():
        raise UnreadableError(f"has a face that uses vertex number 0, but OBJ counts from 1; it is damaged. {_NEXT}")
    if (corners < 0).any():
        known = np.repeat(_vertices_before_faces(body), counts)
        corners = np.where(corners < 0, known + corners, corners - 1)
    else:
        corners = corners - 1
    comments = b"\n".join(re.findall(rb"^#[^\r\n]*", body[:_COMMENTS], re.MULTILINE))
    about = comments.decode("utf-8", "replace")
    return Parsed(
        vertices,
        triangulate(vertices, counts, corners),
        stated_space(comments),
        parts=_parts(body, counts, path, about),
        facts=dict(_ABOUT_LINE.findall(about)),
    )


def write(mesh: Mesh, file: BinaryIO, colors: npt.NDArray[np.uint8] | None = None, progress: Progress = silent) -> None:
    """Write OBJ with nine digits; colors (n, 3), if given, stand behind the coordinates as 0..1 (widely read)."""
    file.write(b"# PrintPrep output. SPACE=LPS\n")
    total = len(mesh.vertices) + len(mesh.faces)
    for begin in range(0, len(mesh.vertices), _BLOCK):
        progress(begin / total, "Writing OBJ")
        block = mesh.vertices[begin : begin + _BLOCK]
        line = "v %.9g %.9g %.9g\n"
        if colors is not None:
            block = np.hstack([block, colors[begin : begin + _BLOCK] / 255.0])
            line = "v %.9g %.9g %.9g %.4f %.4f %.4f\n"
        file.write((line * len(block) % tuple(block.ravel().tolist())).encode("ascii"))
    for begin in range(0, len(mesh.faces), _BLOCK):
        progress((len(mesh.vertices) + begin) / total, "Writing OBJ")
        faces = mesh.faces[begin : begin + _BLOCK] + 1
        file.write(("f %d %d %d\n" * len(faces) % tuple(faces.ravel().tolist())).encode("ascii"))


def write_parts(
    parts: Sequence[ModelPart], file: BinaryIO, material_file: str, about: About | None, progress: Progress = silent
) -> None:
    """Write parts as named objects with a material each.

    Many programs end a name at the first blank: blanks become underscores in ``o``, and the true name, with the part
    number, stands in a comment.
    """
    lines = ["# PrintPrep output. SPACE=LPS"]
    lines += [] if about is None else [f"# {key}: {value}" for key, value in about.facts().items()]
    lines += [
        f"# part {index + 1}: {json.dumps({'name': part.name, 'number': part.number})}"
        for index, part in enumerate(parts)
    ]
    lines += [f"mtllib {material_file}"] if material_file else []
    file.write(("\n".join(lines) + "\n").encode("utf-8"))
    first = 1
    for index, part in enumerate(one.added_last() for one in parts):
        material = "" if part.color is None else f"usemtl {materials.material_name(index)}\n"
        file.write(f"o {'_'.join(part.name.split())}\n{material}".encode())
        progress(index / len(parts), f"Writing OBJ: {part.name}")
        for begin in range(0, len(part.mesh.vertices), _BLOCK):
            block = part.mesh.vertices[begin : begin + _BLOCK]
            file.write(("v %.9g %.9g %.9g\n" * len(block) % tuple(block.ravel().tolist())).encode("ascii"))
        edge = len(part.mesh.faces) - part.added_count
        for rows, words in (
            (part.mesh.faces[:edge], ""),
            (part.mesh.faces[edge:], f"usemtl {materials.ADDED_MATERIAL}\n"),
        ):
            if len(rows):
                file.write(words.encode())
            for begin in range(0, len(rows), _BLOCK):
                progress(index / len(parts), "Writing OBJ")
                faces = rows[begin : begin + _BLOCK] + first
                file.write(("f %d %d %d\n" * len(faces) % tuple(faces.ravel().tolist())).encode("ascii"))
        first += len(part.mesh.vertices)


def _parts(body: bytes, counts: npt.NDArray[np.int64], path: Path, about: str) -> tuple[PartOf, ...]:
    """Tell objects apart by the face lines between their ``o`` lines."""
    marks = list(_OBJECT_LINE.finditer(body))
    objects = [mark for mark in marks if mark[1] == b"o"]
    if not objects:
        return ()
    true_names = {int(number): json.loads(text) for number, text in _PART_LINE.findall(about)}
    library = re.search(rb"^[ \t]*mtllib[ \t]+([^\r\n]+)", body, re.MULTILINE)
    stated = library[1].decode("utf-8", "replace").strip() if library else ""
    colors = materials.read(path.with_name(Path(stated).name)) if stated and Path(stated).name == stated else {}
    triangles = np.concatenate([[0], np.cumsum(np.maximum(counts - 2, 0))])
    ends = [*(mark.start() for mark in objects[1:]), len(body)]
    lines_before = 0
    found = []
    for index, (mark, end) in enumerate(zip(objects, ends, strict=True)):
        if index == 0:
            lines_before = len(_FACE_LINE.findall(body, 0, mark.start()))
        lines = len(_FACE_LINE.findall(body, mark.start(), end))
        first, stop = int(triangles[lines_before]), int(triangles[lines_before + lines])
        gray = next((m.start() for m in marks if m[2].strip() == _GRAY and mark.start() < m.start() < end), end)
        plain = int(triangles[lines_before + len(_FACE_LINE.findall(body, mark.start(), gray))]) - first
        lines_before += lines
        used = next((m[2] for m in marks if m[1] == b"usemtl" and mark.start() < m.start() < end), b"")
        said = true_names.get(index + 1, {})
        name = str(said.get("name") or mark[2].decode("utf-8", "replace").strip())
        color = colors.get(used.decode("utf-8", "replace").strip())
        added = None if plain == stop - first else np.arange(stop - first) >= plain
        found.append(PartOf(name, str(said.get("number", "")), color, first, stop - first, added))
    return tuple(part for part in found if part.faces)


def _vertices(lines: list[bytes]) -> npt.NDArray[np.float64]:
    width = len(lines[0].split())
    values = numbers(b" ".join(lines), "vertices")
    if width >= 3 and len(values) == width * len(lines):
        rows = values.reshape(-1, width)
        if all(len(line.split()) == width for line in lines):
            return np.ascontiguousarray(rows[:, :3])
    rows_of_three = []
    for line in lines:
        row = line.split()
        if len(row) < 3:
            raise UnreadableError(f"has a vertex with {len(row)} numbers where three are needed. {_NEXT}")
        rows_of_three.append(b" ".join(row[:3]))
    return numbers(b" ".join(rows_of_three), "vertices").reshape(-1, 3)


def _integers(text: bytes) -> npt.NDArray[np.int64]:
    try:
        return np.array(text.split(), np.float64).astype(np.int64) if text.count(b".") else _exact(text)
    except (ValueError, OverflowError) as error:
        raise UnreadableError(f"has a face whose corner is not a whole number. {_NEXT}") from error


def _exact(text: bytes) -> npt.NDArray[np.int64]:
    return np.array(text.split(), "S20").astype(np.int64)


def _vertices_before_faces(body: bytes) -> npt.NDArray[np.int64]:
    """Number of vertices above each face line: negative numbers count back from there."""
    kinds = re.findall(rb"^[ \t]*([vf])[ \t]", body, re.MULTILINE)
    is_vertex = np.array(kinds, "S1") == b"v"
    return np.asarray(np.cumsum(is_vertex)[~is_vertex], np.int64)
