"""The model's files in the formats that were asked for, each read back before it takes its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..analysis.added import added_triangles
from ..export import About, ModelPart, OutputFolder, WrittenFile, write_mesh, write_parts_file
from ..export.marks import about_after
from ..export.single import rounded_to_single
from ..mesh import Mesh
from ..progress import Progress, part, silent
from ..receipt import Receipt
from ..shape.cut.assembly import Assembly
from .chain import ChainState
from .parts import colored_parts, model_parts, write_parts

MODEL_STEM, LAID_STEM = "model", "model_print"
SINGLE_MM = 0.01
"""Within this of the proven surface the model is that surface: as the proof has it (``ON_PROVEN_MM``)."""


def about_of(receipts: Sequence[Receipt], record_id: str) -> About:
    """Return what model files say: mirrored where an odd number of steps mirrored it, and the product of all scales."""
    return about_after(receipts, About(record_id))


def write_laid(state: ChainState, out: OutputFolder, about: About, name: str = LAID_STEM) -> list[WrittenFile]:
    """Write the model as it lies on the printer, or its parts as they lie, one file for each bed."""
    stem = about.marked(name)
    written: list[WrittenFile] = []
    if state.laid is not None:
        laid, _ = rounded_to_single(state.laid)
        written.append(write_mesh(laid, out.file(f"{stem}.stl"), about=about))
    if state.placed is not None and state.assembly is not None:
        parts = model_parts(state.assembly)
        for bed in sorted(set(state.placed.beds)):
            lying = [
                replace(one, mesh=mesh)
                for one, mesh, on in zip(parts, state.placed.meshes, state.placed.beds, strict=True)
                if on == bed
            ]
            number = "" if max(state.placed.beds) == 0 else f"_{bed + 1}"
            written += write_parts_file(lying, out.file(f"{stem}{number}.3mf"), about=about)
    return [replace(file, kind="print") for file in written]


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
