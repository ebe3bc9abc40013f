"""GLB (glTF 2.0, binary) reading: triangles of all nodes of the scene in their places, names, colors, facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .gltf import BIN_CHUNK, JSON_CHUNK, LPS_TO_GLTF, MAGIC, MM_PER_M, VERSION, srgb
from .model_part import ADDED_COLOR, PartOf, Rgb
from .parsed import Parsed, UnreadableError, check_indices
from .units import Units

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTH = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
_TRIANGLES = 4
_MAX_DEPTH = 64
_NEXT = "Export the model again as GLB, without compression."
Matrix = npt.NDArray[np.float64]


def read(path: Path) -> Parsed:
    """Read a GLB into LPS millimeters: glTF is in meters with y up, and its z is taken for the patient's front.

    Raises
    ------
    UnreadableError
        Not a GLB, damaged, or with something that is not read here (compression, outside buffers, strips).
    """
    try:
        document, body = _chunks(path.read_bytes())
        return _scene(document, body)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableError(f"holds glTF that makes no sense. {_NEXT}") from error


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    if data[:4] != MAGIC:
        raise UnreadableError(f"is not a GLB file. {_NEXT}")
    if int.from_bytes(data[4:8], "little") != VERSION:
        raise UnreadableError(f"is not of glTF version 2. {_NEXT}")
    if int.from_bytes(data[8:12], "little") != len(data):
        raise UnreadableError(f"was cut short or has something behind its end. {_NEXT}")
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        found.setdefault(data[at + 4 : at + 8], data[at + 8 : at + 8 + size])
        at += 8 + size
    try:
        document = json.loads(found.get(JSON_CHUNK, b"").decode("utf-8"))
    except ValueError as error:
        raise UnreadableError(f"holds a description that cannot be read. {_NEXT}") from error
    return document, found.get(BIN_CHUNK, b"")


def _scene(document: dict[str, Any], body: bytes) -> Parsed:
    required = document.get("extensionsRequired", [])
    if required:
        raise UnreadableError(f"needs '{required[0]}', which is not read here. {_NEXT}")
    vertices: list[Matrix] = []
    faces: list[npt.NDArray[np.int64]] = []
    colors: list[npt.NDArray[np.uint8] | None] = []
    parts: list[PartOf] = []

    def place(number: int, outer: Matrix, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise UnreadableError(f"has nodes within nodes without an end. {_NEXT}")
        node = document["nodes"][number]
        matrix = outer @ _matrix(node)
        for child in node.get("children", []):
            place(child, matrix, depth + 1)
        if "mesh" not in node:
            return
        mesh = document["meshes"][node["mesh"]]
        first, count, color = sum(len(f) for f in faces), 0, None
        gray: list[npt.NDArray[np.bool_]] = []
        known: dict[Any, int] = {}  # primitives of a mesh may share their points
        for primitive in mesh["primitives"]:
            if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
                raise UnreadableError(f"holds lines, points or strips where triangles are needed. {_NEXT}")
            points = _rows(document, body, primitive["attributes"]["POSITION"])
            indices = primitive.get("indices")
            corners = np.arange(len(points)) if indices is None else _rows(document, body, indices).ravel()
            triangles = corners.astype(np.int64).reshape(-1, 3)
            check_indices(triangles, len(points))
            if np.linalg.det(matrix[:3, :3]) < 0:
                triangles = triangles[:, ::-1]
            count += len(triangles)
            own = _color(document, primitive)
            gray.append(np.full(len(triangles), own == ADDED_COLOR))
            color = own if color is None else color
            shared = json.dumps(primitive["attributes"], sort_keys=True)
            if shared in known:
                faces.append(triangles + known[shared])
                continue
            known[shared] = sum(len(v) for v in vertices)
            faces.append(triangles + known[shared])
            vertices.append((points @ matrix[:3, :3].T + matrix[:3, 3]) @ LPS_TO_GLTF * MM_PER_M)
            painted = primitive["attributes"].get("COLOR_0")
            light = None if painted is None else _rows(document, body, painted)[:, :3]
            colors.append(None if light is None else srgb(light).astype(np.uint8))
        name = str(node.get("name") or mesh.get("name") or "")
        added = np.concatenate(gray) if gray and color not in (None, ADDED_COLOR) else None
        number_of = str(node.get("extras", {}).get("PartNumber", ""))
        parts.append(PartOf(name, number_of, color, first, count, added))

    scene = document["scenes"][document.get("scene", 0)]
    for number in scene.get("nodes", []):
        place(number, np.eye(4), 0)
    if not faces:
        return Parsed(np.empty((0, 3)), np.empty((0, 3), np.int64))
    extras = document.get("asset", {}).get("extras", {})
    painted = [one for one in colors if one is not None]
    return Parsed(
        np.concatenate(vertices),
        np.concatenate(faces),
        "LPS",
        Units.MM,
        name=parts[0].name if len(parts) == 1 else "",
        parts=tuple(parts),
        facts={str(key): str(value) for key, value in extras.items()},
        colors=np.concatenate(painted) if len(painted) == len(colors) else None,
    )


def _rows(document: dict[str, Any], body: bytes, number: int) -> Matrix:
    accessor = document["accessors"][number]
    if "sparse" in accessor or "bufferView" not in accessor:
        raise UnreadableError(f"holds sparse data, which is not read here. {_NEXT}")
    view = document["bufferViews"][accessor["bufferView"]]
    if "uri" in document["buffers"][view["buffer"]]:
        raise UnreadableError(f"keeps its data in another file. {_NEXT}")
    kind, width, count = np.dtype(_TYPES[accessor["componentType"]]), _WIDTH[accessor["type"]], accessor["count"]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    stride = view.get("byteStride", kind.itemsize * width)
    if min(start, count, stride) < 0 or start + max(count - 1, 0) * stride + kind.itemsize * width > len(body):
        raise UnreadableError(f"was cut short: it announces more data than it holds. {_NEXT}")
    rows = np.ndarray((count, width), kind, body, start, (stride, kind.itemsize)).astype(np.float64)
    return rows / np.iinfo(kind).max if accessor.get("normalized") else rows


def _matrix(node: dict[str, Any]) -> Matrix:
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = np.array(node.get("rotation", (0, 0, 0, 1)), np.float64).tolist()
    turned = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    out = np.eye(4)
    out[:3, :3] = turned * np.array(node.get("scale", (1, 1, 1)), np.float64)
    out[:3, 3] = node.get("translation", (0, 0, 0))
    return out


def _color(document: dict[str, Any], primitive: dict[str, Any]) -> Rgb | None:
    if "material" not in primitive:
        return None
    factor = document["materials"][primitive["material"]].get("pbrMetallicRoughness", {}).get("baseColorFactor")
    if factor is None:
        return None
    red, green, blue = srgb(factor[:3]).tolist()
    return red, green, blue
