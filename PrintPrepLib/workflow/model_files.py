"""The model's files in the formats that were asked for, each read back before it takes its name."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis.added import added_triangles
from ..export import About, ModelPart, OutputFolder, WrittenFile, write_mesh, write_parts_file
from ..mesh import Mesh
from ..progress import Progress, part, silent
from ..receipt import Receipt
from ..shape.cut.assembly import Assembly
from .parts import colored_parts, write_parts

MODEL_STEM = "model"
SINGLE_MM = 0.01
"""Within this of the proven surface the model is that surface: as the proof has it (``ON_PROVEN_MM``)."""
SAME_SCALE = 1e-9
"""Factors that differ less from one are the rounding of a factor and its inverse."""


def about_of(receipts: Sequence[Receipt], record_id: str) -> About:
    """Return what model files say: mirrored where an odd number of steps mirrored it, and the product of all scales."""
    mirrored = sum(receipt.operation == "mirror" for receipt in receipts) % 2 == 1
    scale = 1.0
    for receipt in receipts:
        if receipt.operation == "scale":
            scale *= float(receipt.parameters["factor"])
    return About(record_id, 1.0 if abs(scale - 1.0) < SAME_SCALE else scale, mirrored)


def write_model(
    mesh: Mesh,
    assembly: Assembly | None,
    out: OutputFolder,
    *,
    name: str,
    formats: Sequence[str],
    about: About,
    proven: Mesh | None = None,
    pictures: bool = True,
    progress: Progress = silent,
) -> list[WrittenFile]:
    """Write the model, or its parts where it was cut, in every format; and the pictures of the parts.

    Parameters
    ----------
    mesh : Mesh
        The whole model.
    assembly : Assembly or None
        Its parts.
    out : OutputFolder
    name : str
        What the structure is called, for the files that hold names.
    formats : sequence of str
        As :func:`~.formats.checked_formats` gave them.
    about : About
        What the files say about the model.
    proven : Mesh or None
        The surface before the first step that added something on purpose, where the model is: triangles that do not lie
        on it are not anatomy and get a color of their own. None where no step did.
    pictures : bool
        Whether parts and seams are drawn.
    """
    stem = about.marked(MODEL_STEM)
    name = " ".join((name, *about.marks))
    together = [kind for kind in formats if kind != "stl"]
    if assembly is not None:
        ending = ".stl" if "stl" in formats else ""
        return list(
            write_parts(
                assembly, out, stem=stem, together=stem, ending=ending, formats=together, about=about,
                parts=colored_parts(assembly, mesh, proven), pictures=pictures, progress=progress,
            ).files
        )  # fmt: skip
    written: list[WrittenFile] = []
    added = None if proven is None or not together else added_triangles(mesh, proven, within_mm=SINGLE_MM)
    for number, kind in enumerate(formats):
        share = part(progress, number / len(formats), (number + 1) / len(formats))
        path = out.file(f"{stem}.{kind}")
        if kind == "stl":
            written.append(write_mesh(mesh, path, about=about, progress=share))
        else:
            written += write_parts_file([ModelPart(mesh, name, added=added)], path, about=about, progress=share)
    return written
