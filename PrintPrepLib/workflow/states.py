"""The state of a chain as plain values and arrays, and back: nothing is rounded on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..mesh import Mesh
from ..receipt import receipt_from_dict
from ..segment.segmentation import Segmentation
from ..volume import LabelMap, Source, Volume
from .blobs import Blobs, NotKept
from .chain import ChainState

SCAN, LABELS = "scan", "labels"
"""Where a volume of a state came from: the scan, or the ready label map."""


def state_to_dict(state: ChainState, start: ChainState, blobs: Blobs) -> dict[str, Any]:
    """Describe a state; its arrays go into ``blobs``, what is a piece of the scan is only named.

    Raises
    ------
    NotKept
        Something in it has no description.
    """
    if state.assembly is not None:
        raise NotKept("a model in parts")
    return {
        "segmentation": None if state.segmentation is None else _segmentation(state.segmentation, start, blobs),
        "mesh": None if state.mesh is None else _mesh(state.mesh, blobs),
        "reference": None if state.reference is None else _mesh(state.reference, blobs),
        "proven": None if state.proven is None else _mesh(state.proven, blobs),
        "proven_in_patient": None if state.proven_in_patient is None else _mesh(state.proven_in_patient, blobs),
        "to_model": None if state.to_model is None else state.to_model.tolist(),
        "proven_receipts": state.proven_receipts,
        "laid": None if state.laid is None else _mesh(state.laid, blobs),
        "receipts": [receipt.to_dict() for receipt in state.receipts],
    }


def state_from_dict(
    data: Mapping[str, Any], start: ChainState, blobs: Blobs, made: dict[str, Any] | None = None
) -> ChainState:
    """Return the state that was described.

    ``made`` remembers surfaces and segmentations from one call to the next, so that states which share them share the
    memory as well.

    Raises
    ------
    NotKept
        An array is not what was written.
    """
    known: dict[str, Any] = {} if made is None else made

    def once(told: Mapping[str, Any] | None, make: Callable[[Mapping[str, Any]], Any]) -> Any:
        if told is None:
            return None
        key = json.dumps(told, sort_keys=True)
        if key not in known:
            known[key] = make(told)
        return known[key]

    return ChainState(
        volume=start.volume,
        segmentation=once(data["segmentation"], lambda told: _segmentation_back(told, start, blobs)),
        mesh=once(data["mesh"], lambda told: _mesh_back(told, blobs)),
        reference=once(data["reference"], lambda told: _mesh_back(told, blobs)),
        proven=once(data["proven"], lambda told: _mesh_back(told, blobs)),
        proven_in_patient=once(data["proven_in_patient"], lambda told: _mesh_back(told, blobs)),
        to_model=None if data["to_model"] is None else np.array(data["to_model"], np.float64),
        proven_receipts=data["proven_receipts"],
        laid=once(data["laid"], lambda told: _mesh_back(told, blobs)),
        receipts=tuple(receipt_from_dict(one) for one in data["receipts"]),
    )


def _mesh(mesh: Mesh, blobs: Blobs) -> dict[str, Any]:
    return {
        "name": mesh.name,
        "vertices": blobs.put(mesh.vertices, mesh.vertices),
        "faces": blobs.put(mesh.faces, mesh.faces),
        "scalars": {key: blobs.put(values, values) for key, values in mesh.scalars.items()},
    }


def _mesh_back(data: Mapping[str, Any], blobs: Blobs) -> Mesh:
    scalars = {key: np.asarray(blobs.get(told), np.float64).copy() for key, told in data["scalars"].items()}
    return Mesh(blobs.get(data["vertices"]).copy(), blobs.get(data["faces"]).copy(), data["name"], scalars)


def _segmentation(segmentation: Segmentation, start: ChainState, blobs: Blobs) -> dict[str, Any]:
    return {
        "labels": _volume(segmentation.labels, start, blobs),
        "names": {str(label): name for label, name in segmentation.labels.names.items()},
        "grey": None if segmentation.grey is None else _volume(segmentation.grey, start, blobs),
        "lower": segmentation.lower,
        "upper": segmentation.upper,
        "at_border": list(segmentation.at_border),
        "unit": segmentation.unit,
    }


def _segmentation_back(data: Mapping[str, Any], start: ChainState, blobs: Blobs) -> Segmentation:
    labels = _volume_back(data["labels"], start, blobs)
    names = {int(label): name for label, name in data["names"].items()}
    return Segmentation(
        labels=LabelMap(labels.image, labels.source, names),
        grey=None if data["grey"] is None else _volume_back(data["grey"], start, blobs),
        lower=data["lower"],
        upper=data["upper"],
        at_border=tuple(bool(flag) for flag in data["at_border"]),
        unit=data["unit"],
    )


def _volume(volume: Volume, start: ChainState, blobs: Blobs) -> dict[str, Any]:
    image, array = volume.image, volume.array
    corner = _corner_in_scan(volume, start.volume)
    voxels = {"corner": corner, "shape": list(array.shape)} if corner else blobs.put(array, volume)
    return {
        "voxels": voxels,
        "origin": list(image.GetOrigin()),
        "spacing": list(image.GetSpacing()),
        "direction": list(image.GetDirection()),
        "source": _source_name(volume.source, start),
    }


def _volume_back(data: Mapping[str, Any], start: ChainState, blobs: Blobs) -> Volume:
    voxels = data["voxels"]
    if "corner" in voxels:
        assert start.volume is not None
        array = np.ascontiguousarray(start.volume.array[_box(voxels["corner"], voxels["shape"])])
    else:
        array = blobs.get(voxels)
    image = sitk.GetImageFromArray(array)
    image.SetOrigin(data["origin"])
    image.SetSpacing(data["spacing"])
    image.SetDirection(data["direction"])
    return Volume(image, _source_of(data["source"], start))


def _corner_in_scan(volume: Volume, scan: Volume | None) -> list[int]:
    """Return the first index (k, j, i) of what is a piece of the scan, voxel for voxel; empty where it is none."""
    if scan is None or volume.image.GetPixelID() != scan.image.GetPixelID():
        return []
    if volume.spacing_mm != scan.spacing_mm or volume.image.GetDirection() != scan.image.GetDirection():
        return []
    corner = np.rint(scan.to_ijk(np.array([volume.image.GetOrigin()]))[0, ::-1]).astype(int).tolist()
    box = _box(corner, volume.array.shape)
    inside = all(low >= 0 for low in corner) and scan.array[box].shape == volume.array.shape
    return corner if inside and np.array_equal(scan.array[box], volume.array) else []


def _box(corner: list[int], shape: tuple[int, ...] | list[int]) -> tuple[slice, ...]:
    return tuple(slice(low, low + size) for low, size in zip(corner, shape, strict=True))


def _source_name(source: Source, start: ChainState) -> str:
    if start.volume is not None and source == start.volume.source:
        return SCAN
    if start.segmentation is not None and source == start.segmentation.labels.source:
        return LABELS
    raise NotKept("a volume of another source")


def _source_of(name: str, start: ChainState) -> Source:
    volume = start.volume if name == SCAN else None if start.segmentation is None else start.segmentation.labels
    if volume is None:
        raise NotKept(name)
    return volume.source
