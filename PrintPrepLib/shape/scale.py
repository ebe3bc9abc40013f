"""The step ``scale``: another size, by one factor that stands in every name and paper."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from ..errors import GeometryError, InputError
from ..mesh import FloatArray, Mesh
from ..parameters import Param
from ..progress import Progress, silent
from ..receipt import Receipt, Stopwatch, measure_mesh

SMALLEST, LARGEST = 0.01, 100.0
"""Factors beyond these are units that were mixed up; the reader of files puts those right."""


def scale(
    mesh: Mesh,
    *,
    factor: Annotated[float, Param("Times as large as the patient: 0.5 is half size.", low=SMALLEST, high=LARGEST)],
    about_mm: Annotated[
        tuple[float, ...] | None,
        Param("Point that stays in its place; the middle of the model's box.", unit="mm", length=3),
    ] = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Make a model larger or smaller, the same in all directions, and say so wherever its name stands.

    A model has the patient's size unless this step is asked for. The factor is forced into the names of the files
    (``model_SCALE-0.500.stl``), the header of an STL, the facts of a 3MF, the record, the report and the list of
    checks. Walls, pins and gaps become as much thinner: check them after it.

    Raises
    ------
    InputError
        The factor is 1: there is nothing to scale.
    GeometryError
        The model is empty.
    """
    watch = Stopwatch()
    if mesh.is_empty:
        raise GeometryError(f"The model '{mesh.name}' is empty: there is nothing to scale.")
    if factor == 1.0:
        raise InputError(
            "A factor of 1 changes nothing. Leave the step out: a model has the patient's size without it."
        )
    fixed = mesh.bounds.mean(axis=0) if about_mm is None else np.asarray(about_mm, np.float64)
    out = Mesh(_scaled(mesh.vertices, factor, fixed), mesh.faces, mesh.name)
    matrix = np.eye(4)
    matrix[:3, :3] *= factor
    matrix[:3, 3] = fixed - factor * fixed
    asked: dict[str, Any] = {"factor": factor, "about_mm": about_mm}
    sizes = [" x ".join(f"{side:.1f}" for side in one.size_mm) for one in (mesh, out)]
    progress(1.0, "Scaled")
    return out, Receipt(
        "scale",
        asked,
        watch.seconds,
        measure_mesh(mesh),
        measure_mesh(out),
        notes=(f"{sizes[0]} mm became {sizes[1]} mm.",),
        warnings=(f"SCALED by {factor:.9g}: the model has not the patient's size. Divide every length on it by that.",),
        details={
            "matrix": matrix,
            "matrix_words": "from the coordinates before to those after (LPS mm); the same factor along every axis",
            "fixed_mm": fixed,
        },
    )


def carried(mesh: Mesh, receipt: Receipt) -> Mesh:
    """Scale another surface as the receipt says, to the very same bits."""
    fixed = np.asarray(receipt.details["fixed_mm"], np.float64)
    return Mesh(_scaled(mesh.vertices, float(receipt.parameters["factor"]), fixed), mesh.faces, mesh.name)


def _scaled(points: FloatArray, factor: float, fixed: FloatArray) -> FloatArray:
    return np.asarray((points - fixed) * factor + fixed)
