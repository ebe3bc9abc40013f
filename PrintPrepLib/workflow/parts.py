"""The files of a model in parts: one mesh file each, all together in a 3MF, and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..analysis.added import added_triangles
from ..check import check_mesh
from ..export import About, ModelPart, OutputFolder, WrittenFile, write_mesh, write_parts_file
from ..export.single import rounded_to_single
from ..finding import Finding, Severity
from ..mesh import Mesh
from ..profiles.printers import Printer
from ..progress import Progress, part, silent
from ..record.assembly import render_assembly
from ..record.seam import render_seam
from ..shape.cut.assembly import Assembly, Part, PartKind
from ..shape.marks.seams import part_number

PART_CHECKS = frozenset({"open-edges", "winding", "inside-out", "self-intersections", "printer-size"})
"""What is checked of every part; walls, pins and completeness are those of the whole model."""
MOST_SEAM_PICTURES = 12
"""Seams that get a picture of their own, the largest first: more are for the record, not for the eye."""
EXPLODE = 0.5
"""How far the parts of the exploded picture stand apart: see ``record.assembly``."""


@dataclass(frozen=True)
class WrittenParts:
    """Files of an assembly: one for each part, in their order, and the others."""

    parts: tuple[WrittenFile, ...]
    others: tuple[WrittenFile, ...]

    @property
    def files(self) -> tuple[WrittenFile, ...]:
        """All of them."""
        return (*self.parts, *self.others)


def write_parts(
    assembly: Assembly,
    out: OutputFolder,
    *,
    stem: str = "part",
    together: str = "assembly",
    picture: str = "assembly",
    ending: str = ".stl",
    pictures: bool = True,
    formats: Sequence[str] = ("3mf",),
    about: About | None = None,
    parts: Sequence[ModelPart] | None = None,
    progress: Progress = silent,
) -> WrittenParts:
    """Write every part in its place, all parts as named, colored objects of one 3MF, and the pictures.

    Parameters
    ----------
    assembly : Assembly
    out : OutputFolder
        Where to; nothing is left there on an error.
    stem, together, picture : str
        Names of the files of single parts (a number follows), of the 3MF and of the picture.
    ending : str
        Format of the single parts; empty for none.
    pictures : bool
        Whether the assembly and its seams are drawn.
    formats : sequence of str
        Formats of the file of all parts, without their dots.
    about : About, optional
        What that file says about the whole model.
    parts : sequence of ModelPart, optional
        The parts as that file is to hold them; as :func:`model_parts` gives them otherwise.
    """
    written = []
    for number, item in enumerate(assembly.parts if ending else ()):
        share = part(progress, 0.6 * number / len(assembly.parts), 0.6 * (number + 1) / len(assembly.parts))
        name = f"{file_stem(assembly, item, stem)}{ending}"
        written.append(write_mesh(item.mesh, out.file(name), about=about, progress=share))
    others: list[WrittenFile] = []
    for number, kind in enumerate(formats):
        share = part(progress, 0.6 + 0.2 * number / len(formats), 0.6 + 0.2 * (number + 1) / len(formats))
        others += write_parts_file(
            parts or model_parts(assembly), out.file(f"{together}.{kind}"), about=about, progress=share
        )
    if pictures:
        share = part(progress, 0.8, 1.0)
        sheet = out.file(f"{picture}.png")
        others.append(render_assembly(assembly, sheet, explode=EXPLODE, order=assembly.order, progress=share))
        largest = sorted(range(len(assembly.seams)), key=lambda k: -assembly.seams[k].area_mm2)[:MOST_SEAM_PICTURES]
        for number, seam in enumerate(sorted(largest)):
            others.append(render_seam(assembly, seam, out.file(f"seam_{number + 1:02d}.png")))
    progress(1.0, "Parts written")
    return WrittenParts(tuple(written), tuple(others))


def model_parts(assembly: Assembly) -> tuple[ModelPart, ...]:
    """Return the parts as files hold them; the numbers are those that are engraved, dowels have none."""
    return tuple(
        ModelPart(item.mesh, item.name, item.color, part_number(number) if item.kind is PartKind.BODY else "")
        for number, item in enumerate(assembly.parts)
    )


def colored_parts(assembly: Assembly, whole: Mesh, proven: Mesh | None) -> tuple[ModelPart, ...]:
    """Return the parts as files hold them; what was added to the whole model before the cut has its own color.

    Cut faces, pins and marks keep the color of their part: they show where parts belong together.
    """
    parts = model_parts(assembly)
    if proven is None:
        return parts
    return tuple(
        replace(one, added=added_triangles(one.mesh, proven) & ~added_triangles(one.mesh, whole)) for one in parts
    )


def check_parts(assembly: Assembly, chosen: Printer | None, progress: Progress = silent) -> list[Finding]:
    """Check every part as its file will hold it: closed, oriented, free of crossings, and small enough.

    Returns what is more than a pass, with the part's name, and one pass where there is nothing else.
    """
    found: list[Finding] = []
    for number, item in enumerate(assembly.parts):
        share = part(progress, number / len(assembly.parts), (number + 1) / len(assembly.parts))
        mesh, _ = rounded_to_single(item.mesh)
        checked = check_mesh(mesh, printer=chosen, codes=PART_CHECKS, progress=share)
        found += [
            replace(finding, message=f"{item.name}: {finding.message}")
            for finding in checked.findings
            if finding.severity in (Severity.WARN, Severity.FAIL)
        ]
    if not found:
        fit = "" if chosen is None else f" and fit into the {chosen.title}"
        text = f"All {len(assembly.parts)} parts are closed, oriented and free of crossings{fit}."
        found.append(Finding("parts-sound", Severity.PASS, text, len(assembly.parts)))
    return found


def file_stem(assembly: Assembly, item: Part, stem: str = "part") -> str:
    """Name of a part's file without its ending: parts and dowels are numbered each on their own."""
    alike = [other for other in assembly.parts if other.kind is item.kind]
    number = next(k for k, other in enumerate(alike) if other is item) + 1
    return f"{stem if item.kind is PartKind.BODY else item.kind.value}_{number:02d}"
