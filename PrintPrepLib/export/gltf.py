"""GLB (glTF 2.0, binary) writing, for viewers: meters, y up, the patient's front toward +z, one named node per part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..errors import ExportError
from ..progress import Progress, silent
from .model_part import ADDED_COLOR, ADDED_NAME, About, ModelPart, Rgb

LPS_TO_GLTF = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Rows: x is the patient's left, y is up (superior), z is the front (anterior): glTF 2.0, section 3.4."""
AXES = "x left, y superior, z anterior, meters; Space is that of the scan"
MM_PER_M = 1000.0
MAGIC, VERSION = b"glTF", 2
JSON_CHUNK, BIN_CHUNK = b"JSON", b"BIN\0"
FLOAT, UINT32 = 5126, 5125
_LARGEST = (1 << 32) - 1
"""Bytes: the header of a GLB counts with 32 bits."""
_VERTICES, _INDICES = 34962, 34963
_ROUGHNESS = 0.6
"""A matte plastic; only how it looks."""


def write(
    parts: Sequence[ModelPart],
    file: BinaryIO,
    about: About | None = None,
    progress: Progress = silent,
    *,
    colors: npt.NDArray[np.uint8] | None = None,
) -> None:
    """Write parts in their places, with normals and a material each.

    Parameters
    ----------
    parts : sequence of ModelPart
        At least one.
    file : binary file
        Receives the GLB.
    about : About, optional
        Facts of the whole model; they become ``asset.extras``.
    progress : Progress
        Receiver.
    colors : (n, 3) uint8, optional
        sRGB at the vertices of the only part.

    Raises
    ------
    ExportError
        The model is larger than a GLB can be.
    """
    asset: dict[str, Any] = {"version": "2.0", "generator": "PrintPrep"}
    if about is not None:
        asset["extras"] = {**about.facts(), "Axes": AXES}
    document: dict[str, Any] = {
        "asset": asset, "scene": 0, "scenes": [{"nodes": list(range(len(parts)))}],
        "nodes": [], "meshes": [], "materials": [], "accessors": [], "bufferViews": [],
    }  # fmt: skip
    blocks: list[bytes] = []
    for index, part in enumerate(one.added_last() for one in parts):
        progress(index / len(parts), f"Writing GLB: {part.name}")
        node: dict[str, Any] = {"name": part.name, "mesh": index}
        if part.number:
            node["extras"] = {"PartNumber": part.number}
        primitive: dict[str, Any] = {"mode": 4, "attributes": {}, "indices": 0}
        points = (part.mesh.vertices @ LPS_TO_GLTF.T / MM_PER_M).astype("<f4")
        attributes = primitive["attributes"]
        attributes["POSITION"] = _add(document, blocks, points, "VEC3", limits=True)
        attributes["NORMAL"] = _add(document, blocks, _normals(part, points), "VEC3")
        if colors is not None:
            attributes["COLOR_0"] = _add(document, blocks, linear(colors).astype("<f4"), "VEC3")
        corners, edge = part.mesh.faces.astype("<u4"), len(part.mesh.faces) - part.added_count
        primitives = [primitive] if edge else []
        if edge:
            primitive["indices"] = _add(document, blocks, corners[:edge].reshape(-1, 1), "SCALAR")
        if part.color is not None or colors is not None:
            primitive["material"] = len(document["materials"])
            document["materials"].append(_material(part.name, None if colors is not None else part.color))
        if part.added_count:
            indices = _add(document, blocks, corners[edge:].reshape(-1, 1), "SCALAR")
            primitives.append({**primitive, "indices": indices, "material": len(document["materials"])})
            document["materials"].append(_material(ADDED_NAME, ADDED_COLOR))
        document["meshes"].append({"name": part.name, "primitives": primitives})
        document["nodes"].append(node)
    if not document["materials"]:
        del document["materials"]
    document["buffers"] = [{"byteLength": sum(len(block) for block in blocks)}]
    _package(document, blocks, file)


def linear(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Turn sRGB 0..255 into linear light 0..1, as glTF wants it (IEC 61966-2-1)."""
    share = np.asarray(values, np.float64) / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def srgb(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Turn linear light 0..1 into sRGB 0..255."""
    light = np.clip(np.asarray(values, np.float64), 0.0, 1.0)
    share = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(share * 255.0).astype(np.int64)


def _material(name: str, color: Rgb | None) -> dict[str, Any]:
    factor = [1.0, 1.0, 1.0] if color is None else linear(color).tolist()
    return {
        "name": name,
        "doubleSided": True,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*factor, 1.0], "metallicFactor": 0.0, "roughnessFactor": _ROUGHNESS,
        },
    }  # fmt: skip


def _normals(part: ModelPart, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    normals = part.mesh.vertex_normals() @ LPS_TO_GLTF.T
    length = np.linalg.norm(normals, axis=1)
    normals[length < 0.5] = (0.0, 1.0, 0.0)  # glTF allows no zero; only vertices without any area have it
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    return np.asarray(normals, np.dtype("<f4"))


def _add(
    document: dict[str, Any], blocks: list[bytes], rows: npt.NDArray[Any], kind: str, *, limits: bool = False
) -> int:
    """Add a block of rows and return the number of its accessor."""
    data = np.ascontiguousarray(rows).tobytes()
    indices = kind == "SCALAR"
    document["bufferViews"].append(
        {
            "buffer": 0, "byteOffset": sum(len(block) for block in blocks), "byteLength": len(data),
            "target": _INDICES if indices else _VERTICES,
        }
    )  # fmt: skip
    accessor: dict[str, Any] = {
        "bufferView": len(document["bufferViews"]) - 1, "componentType": UINT32 if indices else FLOAT,
        "count": len(rows), "type": kind,
    }  # fmt: skip
    if limits:
        accessor["min"] = [float(column.min()) for column in rows.T]
        accessor["max"] = [float(column.max()) for column in rows.T]
    document["accessors"].append(accessor)
    blocks.append(data)
    return len(document["accessors"]) - 1


def _package(document: dict[str, Any], blocks: list[bytes], file: BinaryIO) -> None:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    size = sum(len(block) for block in blocks)  # all blocks are whole words of four bytes
    total = 12 + 8 + len(text) + 8 + size
    if total > _LARGEST:
        raise ExportError("The model is larger than a GLB file can be (4 GB). Simplify it, or write another format.")
    file.write(MAGIC + VERSION.to_bytes(4, "little") + total.to_bytes(4, "little"))
    file.write(len(text).to_bytes(4, "little") + JSON_CHUNK + text)
    file.write(size.to_bytes(4, "little") + BIN_CHUNK)
    for block in blocks:
        file.write(block)
