"""3MF reading: objects with names, numbers and colors, components, transforms, metadata, parts in several files."""

from __future__ import annotations

import re
import zipfile
import zlib
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

from .model_part import ADDED_COLOR, PartOf, Rgb, color_of
from .parsed import Parsed, UnreadableError, check_indices
from .threemf import MODEL_PART
from .units import Units

_UNITS = {"millimeter": 1.0, "micron": 0.001, "centimeter": 10.0, "meter": 1000.0, "inch": 25.4, "foot": 304.8}
_MAX_DEPTH = 16
"""Components within components; deeper nesting is a circle."""
_MAX_UNPACKED = 8 << 30
"""Bytes of unpacked XML: some 100 million triangles; more is a decompression bomb."""
_LONGEST_FACT = 4096
"""Letters of a metadata that are kept: some programs put whole pictures and settings there."""
_CHUNK = 1 << 20
_NEXT = "Export the model again as 3MF."


@dataclass
class _Object:
    name: str = ""
    number: str = ""
    property: tuple[str, str] = ("", "")
    printed: bool = True
    vertices: array[float] = field(default_factory=lambda: array("d"))
    triangles: array[int] = field(default_factory=lambda: array("q"))
    painted: dict[tuple[str, str], array[int]] = field(default_factory=dict)
    components: list[tuple[str, str, npt.NDArray[np.float64]]] = field(default_factory=list)


@dataclass
class _Part:
    unit_mm: float = 1.0
    objects: dict[str, _Object] = field(default_factory=dict)
    items: list[tuple[str, str, npt.NDArray[np.float64]]] = field(default_factory=list)
    colors: dict[str, list[Rgb | None]] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> Parsed:
    """Read all objects of a 3MF's build in their places, as one mesh in millimeters.

    Raises
    ------
    UnreadableError
        Not a 3MF package, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as package:
            return _package(package)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableError(f"is not a 3MF package, or it was cut short. {_NEXT}") from error
    except expat.ExpatError as error:
        raise UnreadableError(f"holds XML that makes no sense ({error}). {_NEXT}") from error


def _package(package: zipfile.ZipFile) -> Parsed:
    if sum(info.file_size for info in package.infolist()) > _MAX_UNPACKED:
        raise UnreadableError(f"unpacks to more than {_MAX_UNPACKED >> 30} GB; that is no model. {_NEXT}")
    names = {name.lstrip("/").lower(): name for name in package.namelist()}
    root = _root_part(package, names)
    parts: dict[str, _Part] = {}

    def part_of(name: str) -> _Part:
        key = name.lstrip("/").lower()
        if key not in parts:
            if key not in names:
                raise UnreadableError(f"lacks its part '{name}'. {_NEXT}")
            parts[key] = _parse(package, names[key])
        return parts[key]

    vertices: list[npt.NDArray[np.float64]] = []
    faces: list[npt.NDArray[np.int64]] = []
    found: list[PartOf] = []

    def place(part_name: str, object_id: str, matrix: npt.NDArray[np.float64], depth: int) -> None:
        thing = part_of(part_name).objects.get(object_id)
        if thing is None or depth > _MAX_DEPTH:
            raise UnreadableError(f"refers to object '{object_id}', which it does not hold. {_NEXT}")
        if not thing.printed:
            return
        for other_part, other_id, inner in thing.components:
            place(other_part or part_name, other_id, _then(inner, matrix), depth + 1)
        points = np.frombuffer(thing.vertices, np.float64).reshape(-1, 3)
        corners = np.frombuffer(thing.triangles, np.int64).reshape(-1, 3)
        if len(corners) == 0:
            return
        check_indices(corners, len(points))
        flipped = np.linalg.det(matrix[:3]) < 0
        number = sum(len(f) for f in faces)
        color = _color(part_of(part_name), thing.property)
        added = _added(part_of(part_name), thing, color, len(corners))
        found.append(PartOf(thing.name, thing.number, color, number, len(corners), added))
        faces.append((corners[:, ::-1] if flipped else corners) + sum(len(v) for v in vertices))
        vertices.append(points @ matrix[:3] + matrix[3])

    main = part_of(root)
    for part_name, object_id, matrix in main.items:
        place(part_name or root, object_id, matrix, 0)
    if not faces:
        return Parsed(np.empty((0, 3)), np.empty((0, 3), np.int64))
    facts = {key.rpartition(":")[2]: value for key, value in main.metadata.items()}
    space = "RAS" if "SPACE=RAS" in facts.get("Description", "") else "LPS"
    return Parsed(
        np.concatenate(vertices) * main.unit_mm,
        np.concatenate(faces),
        space,
        Units.MM,
        name=found[0].name if len(found) == 1 else "",
        parts=tuple(found),
        facts=facts,
    )


def _added(part: _Part, thing: _Object, color: Rgb | None, count: int) -> npt.NDArray[np.bool_] | None:
    """Triangles (count,) of an object that have the gray of what is not anatomy, where the object has another color."""
    gray = [rows for chosen, rows in thing.painted.items() if _color(part, chosen) == ADDED_COLOR]
    if not gray or color is None or color == ADDED_COLOR:
        return None
    out = np.zeros(count, bool)
    for rows in gray:
        out[np.frombuffer(rows, np.int64)] = True
    return out


def _color(part: _Part, chosen: tuple[str, str]) -> Rgb | None:
    """Color that a property names: of an object as a whole, or of the first corner of a triangle."""
    group, index = part.colors.get(chosen[0], []), chosen[1]
    return group[int(index)] if index.isdigit() and int(index) < len(group) else None


def _root_part(package: zipfile.ZipFile, names: dict[str, str]) -> str:
    if "_rels/.rels" in names:
        for tag in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", package.read(names["_rels/.rels"])):
            target = re.search(rb'Target="([^"]+)"', tag)
            if target and re.search(rb'Type="[^"]*/3dmodel"', tag):
                return target.group(1).decode("utf-8", "replace")
    if MODEL_PART.lower() in names:
        return MODEL_PART
    raise UnreadableError(f"is a zip file without a 3D model inside. {_NEXT}")


def _parse(package: zipfile.ZipFile, name: str) -> _Part:
    part = _Part()
    current = _Object()
    metadata = group = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal current, metadata, group
        tag = tag.rpartition(":")[2]
        if tag == "vertex":
            current.vertices.extend((float(attributes["x"]), float(attributes["y"]), float(attributes["z"])))
        elif tag == "triangle":
            if "p1" in attributes:
                chosen = attributes.get("pid", current.property[0]), attributes["p1"]
                if chosen != current.property:
                    current.painted.setdefault(chosen, array("q")).append(len(current.triangles) // 3)
            current.triangles.extend((int(attributes["v1"]), int(attributes["v2"]), int(attributes["v3"])))
        elif tag == "object":
            current = _Object(
                attributes.get("name", ""),
                attributes.get("partnumber", ""),
                (attributes.get("pid", ""), attributes.get("pindex", "0")),
                attributes.get("type", "model") in ("model", "solidsupport"),
            )
            part.objects[attributes["id"]] = current
        elif tag in ("component", "item"):
            path = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "path"), "")
            entry = (path, attributes["objectid"], _matrix(attributes.get("transform", "")))
            (current.components if tag == "component" else part.items).append(entry)
        elif tag == "model":
            unit = attributes.get("unit", "millimeter")
            if unit not in _UNITS:
                raise UnreadableError(f"states an unknown unit '{unit}'. {_NEXT}")
            part.unit_mm = _UNITS[unit]
        elif tag in ("basematerials", "colorgroup"):
            group = attributes["id"]
            part.colors[group] = []
        elif tag in ("base", "color") and group:
            part.colors[group].append(_displayed(attributes))
        elif tag == "metadata":
            metadata = attributes.get("name", "")

    def end(tag: str) -> None:
        nonlocal metadata, group
        metadata = ""
        if tag.rpartition(":")[2] in ("basematerials", "colorgroup"):
            group = ""

    def text(content: str) -> None:
        if metadata:
            part.metadata[metadata] = (part.metadata.get(metadata, "") + content)[:_LONGEST_FACT]

    def no_doctype(*_: object) -> None:
        raise UnreadableError(f"holds a document type definition, which 3MF forbids. {_NEXT}")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = no_doctype
    try:
        with package.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"has a vertex, triangle or object that makes no sense ({error}). {_NEXT}") from error
    return part


def _displayed(attributes: dict[str, str]) -> Rgb | None:
    try:
        return color_of(attributes.get("displaycolor", attributes.get("color", "")))
    except ValueError:
        return None


def _matrix(text: str) -> npt.NDArray[np.float64]:
    """3MF's twelve numbers as (4, 3): a row vector times the first three rows, plus the fourth."""
    if not text:
        return np.eye(4, 3)
    values = np.array(text.split(), np.float64)
    if values.shape != (12,) or not np.isfinite(values).all():
        raise UnreadableError(f"has a transform that is not twelve numbers. {_NEXT}")
    return values.reshape(4, 3)


def _then(inner: npt.NDArray[np.float64], outer: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """First the inner transform, then the outer one."""
    both = inner @ outer[:3]
    both[3] += outer[3]
    return np.asarray(both)
