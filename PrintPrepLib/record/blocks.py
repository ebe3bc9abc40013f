"""Blocks of the record that take some saying: intended use, assumptions, surface, plan, proof, parts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from ..analysis.deviation import Deviation
from ..analysis.thickness import Thickness
from ..export.model_part import About
from ..mesh import FloatArray, Mesh
from ..profiles.printers import Printer
from ..profiles.processes import process_of
from ..receipt import MeshMeasures, Receipt, measure_mesh, plain
from ..shape.cut.assembly import Assembly, PartKind
from .hashes import geometry_sha256

LAYING = ("orient", "place")
"""Steps that lay the model for printing."""
LIMITS_OF_USE = (
    "The model shows what the scan and the segmentation show: what lies between two slices, or is smaller than a "
    "voxel, is not proven by it.",
    "It is not a diagnosis, and no substitute for looking at the scan.",
    "What was printed must be measured against the plan before it is used.",
    "Nothing is said here about biocompatibility or sterilization: see the documents of material and printer.",
)


def intended_use(
    use: str,
    accuracy_mm: float | None,
    receipts: Sequence[Receipt],
    diagnostic: bool | None = None,
    about: About | None = None,
) -> dict[str, Any]:
    """What the model is for, with the DICOM code (CID 7064) of what the words name.

    ``about`` is what the model files say: whether it is mirrored, and its scale. ``diagnostic`` and ``requested_by``
    are for people: the program never decides them.
    """
    changed = [receipt.operation for receipt in receipts if changes_shape(receipt)]
    return {
        "words": use,
        "code": usage_code(use),
        "diagnostic": diagnostic,
        "requested_by": None,
        "accuracy_mm": accuracy_mm,
        "scale": 1.0 if about is None else about.scale,
        "mirrored": about is not None and about.mirrored,
        "modified": bool(changed),
        "modified_by": changed,
        "limits": list(LIMITS_OF_USE),
    }


def usage_code(use: str) -> dict[str, str] | None:
    """Code of a use in words; None where no word of the table is in it."""
    for row in _usages():
        if any(re.search(rf"\b{word}", use.lower()) for word in row["words"]):
            return {"value": row["code"], "scheme": row["scheme"], "meaning": row["meaning"]}
    return None


def changes_shape(receipt: Receipt) -> bool:
    """Whether a step gave a surface another shape or left pieces of it out."""
    before, after = receipt.before, receipt.after
    if not isinstance(before, MeshMeasures) or after is None:
        return False
    return before != after or (receipt.change is not None and receipt.change.max_mm > 0.0)


def assumptions(receipts: Sequence[Receipt], labels: Mapping[str, Any] | None) -> list[str]:
    """Say in words what the segmentation takes for granted."""
    out = []
    if labels is not None:
        which = f"label '{labels['label']}'" if labels.get("label") else "all labels together"
        out.append(
            f"The segmentation was made elsewhere and taken as it is ({which}); how it was made is not known here."
        )
    for receipt in receipts:
        details, operation = receipt.details, receipt.operation
        if operation == "threshold":
            low, high, unit = details.get("lower"), details.get("upper"), details.get("unit", "")
            bounds = " and ".join(
                part for part in (
                    f"at least {low:g} {unit}".strip() if low is not None else "",
                    f"at most {high:g} {unit}".strip() if high is not None else "",
                ) if part
            )  # fmt: skip
            out.append(
                f"Everything with {bounds} is taken for the structure: thin or faint parts of it below that are left "
                "out, and other things as bright (contrast, metal, calcification) are in it."
            )
        elif operation == "islands":
            out.append("Pieces that are not connected with what was kept do not belong to the structure.")
        elif operation == "fill cavities":
            out.append("Closed cavities of the structure are filled: the model is solid there, the patient is not.")
        elif operation == "shape interpolation" and receipt.before != receipt.after:
            out.append("Between two slices the shape goes over smoothly from one to the other.")
    return out


def surface_block(receipts: Sequence[Receipt], mesh: Mesh) -> dict[str, Any]:
    """The surface of the model, and how it was made: extraction, smoothing, simplification."""
    by_name = {receipt.operation: receipt for receipt in receipts}

    def parameters(name: str) -> dict[str, Any] | None:
        return None if name not in by_name else plain(dict(by_name[name].parameters))

    measures = measure_mesh(mesh)
    return {
        "algorithm": parameters("surface"),
        "smoothing": parameters("smooth"),
        "decimation": parameters("simplify"),
        "triangles": measures.triangles,
        "volume_ml": measures.volume_mm3 / 1000.0,
        "area_cm2": measures.area_mm2 / 100.0,
        "bounds_mm": plain(measures.bounds_mm),
        "size_mm": plain(mesh.size_mm),
        "geometry_sha256": geometry_sha256(mesh),
    }


def plan_block(
    chosen: Printer | None,
    material: str,
    layer_mm: float | None,
    advice: Mapping[str, Any] | None = None,
    *,
    scale: float = 1.0,
    laid: Any = None,
) -> dict[str, Any]:
    """What is known of the print before it; what only people know is there, empty. ``advice`` is the plan, where one
    was made, ``laid`` the matrix (4, 4) from the patient's coordinates to the printer's, where it was laid.
    """
    process = None if chosen is None else process_of(chosen.process)
    rule = None
    if process is not None:
        rule = {
            "process": process.name,
            "wall_mm": process.wall.value_mm,
            "wall_source": process.wall.source,
            "free_wall_mm": process.wall_free.value_mm,
            "free_wall_source": process.wall_free.source,
        }
    return {
        "printer": None if chosen is None else chosen.title,
        "process": None if process is None else process.title,
        "material": material or None,
        "material_lot": None,
        "layer_mm": layer_mm,
        "scale": scale,
        "orientation_matrix": plain(laid),
        "orientation_matrix_back": None if laid is None else plain(np.linalg.inv(np.asarray(laid, np.float64))),
        "supports": None,
        "minimum_wall": rule,
        "post_processing": None,
        "finish": None,
        "label_text": None,
        "sterilization": None,
        "advice": None if advice is None else plain(dict(advice)),
    }


def laid_matrix(receipts: Sequence[Receipt], to_model: FloatArray | None = None) -> Any:
    """Matrix (4, 4) from the patient's coordinates to the printer's, where a step laid the model; else None.

    ``to_model`` leads from the patient's to the model's coordinates, where these are others.
    """
    laid = next((one.details["matrix"] for one in reversed(receipts) if one.operation in LAYING), None)
    if laid is None or to_model is None:
        return laid
    return np.asarray(laid, np.float64) @ to_model


def proof_block(
    mesh: Mesh, deviation: Deviation | None, walls: Thickness | None, limit_mm: float | None
) -> dict[str, Any]:
    """The two measurements that the report draws: distance from the scan's surface, and wall thickness."""
    thickness = None if walls is None else walls.summary(mesh, limit_mm).to_dict()
    return {
        "against": "the surface of the segmentation before anything was smoothed or simplified",
        "deviation": None if deviation is None else deviation.to_dict(),
        "thickness": thickness,
    }


def parts_block(assembly: Assembly, names: Sequence[str]) -> dict[str, Any]:
    """Parts with the names of their files, what holds them together, and the order of assembly."""
    return {
        "parts": [
            {"number": number, "file": name, **plain(item.to_dict()), "geometry_sha256": geometry_sha256(item.mesh)}
            for number, (item, name) in enumerate(zip(assembly.parts, names, strict=True), 1)
        ],
        "bodies": sum(item.kind is PartKind.BODY for item in assembly.parts),
        "seams": [plain(seam.to_dict()) for seam in assembly.seams],
        "pins": plain(list(assembly.pins)),
        "order": list(assembly.order),
    }


@cache
def _usages() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads((files(__package__) / "usage_codes.toml").read_text("utf-8"))["usage"]
    return rows
