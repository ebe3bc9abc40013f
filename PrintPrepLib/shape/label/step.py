"""The step: text, orientation marks, scale bars and codes on a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import Mesh
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial.change import change_between
from .code import CodeKind
from .layout import Content, least_letter_mm
from .place import Job, Placed, Wishes, place_label
from .places import SIDES, Away, Surroundings
from .rules import DEFAULT_PROCESS, LABEL_HEIGHT_MM, Rules, rules_of
from .told import notes_of, warnings_of
from .words import KnownValues, check_words

__all__ = ["KnownValues", "label"]

MIRRORED = "mirrored"
"""A model with this in its name has its sides exchanged: letters for them would be false."""


def label(
    mesh: Mesh,
    *,
    text: Annotated[
        str, Param("What stands on the model; \\n begins a new line. Latin, Greek and Cyrillic letters.")
    ] = "",
    at_mm: Annotated[
        tuple[float, ...] | None,
        Param("Place on the surface (LPS). Left out, or 'auto': a calm place is looked for.", unit="mm", length=3),
    ] = None,
    height_mm: Annotated[
        float | None, Param("Height of the capitals. 7.5 mm where it fits, else less.", unit="mm", low=0.5, high=200.0)
    ] = None,
    depth_mm: Annotated[
        float | None, Param("Depth or relief. 3 mm where it fits, else less.", unit="mm", low=0.05, high=50.0)
    ] = None,
    engrave: Annotated[bool, Param("Cut the letters into the model instead of raising them.")] = False,
    marks: Annotated[
        str, Param("Letters of patient sides, each put on its side: any of R, L, A, P, S, I, for instance RL.")
    ] = "",
    code: Annotated[str, Param("Content of a QR code or a data matrix, for instance the case code.")] = "",
    code_kind: Annotated[
        CodeKind, Param("Which code: qr, which every telephone reads, or data-matrix, which is smaller.")
    ] = CodeKind.QR,
    bar_mm: Annotated[
        float | None, Param("Length of a scale bar with its length in words.", unit="mm", low=2.0, high=500.0)
    ] = None,
    ruler: Annotated[bool, Param("Ticks on the scale bar.")] = False,
    up: Annotated[
        tuple[float, ...] | None,
        Param("Where the tops of the letters point (LPS). The head; on top and below, the front.", length=3),
    ] = None,
    turn_deg: Annotated[
        float, Param("Turn of the label, counter-clockwise as one looks at it.", unit="deg", low=-360.0, high=360.0)
    ] = 0.0,
    process: Annotated[
        str | None, Param("Printing process: thinnest stroke and wall. The printer's own, or fdm.")
    ] = None,
    protect_at: Annotated[
        tuple[float, ...] | None, Param("Places without a label: x,y,z,radius (LPS), one after the other.", unit="mm")
    ] = None,
    include_identity: Annotated[
        bool, Param("Write the text even where it holds patient data, or looks like it; the record says so.")
    ] = False,
    known: KnownValues | None = None,
    protect: Mesh | None = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Write on a model: a text, the letters of the patient's sides, a scale bar, a code; raised or engraved.

    Letters are laid along the surface: straight on a plane, bent on a curved one, never mirrored. Height and depth
    follow the reading rule (7.5 mm high, 3 mm deep: J Stomatol 2020, PubMed 31676423) where the place allows, else what
    fits, with a warning; strokes are never thinner than the process can print, and under an engraving its thinnest wall
    is left. What came out is measured. A label is no anatomy: each is listed with its place.

    Parameters
    ----------
    mesh : Mesh
        Closed and outward, in the patient's axes (LPS).
    known : callable, optional
        Tells of which attributes of the scan a text holds a value. Without it, only patterns of names, dates and
        numbers are looked for.
    protect : Mesh, optional
        Surface that gets no label.

    Returns
    -------
    mesh : Mesh
        Closed, as many parts and tunnels as before.
    receipt : Receipt
        ``details["labels"]`` lists what was added: text, place, directions, sizes asked for and measured.

    Raises
    ------
    InputError
        Nothing to write, a character that the font lacks, letters that would be too small, patient data.
    GeometryError
        The model is not closed, or there is no place for the label.
    """
    watch = Stopwatch()
    content = Content(text.replace("\\n", "\n"), code, 0.0 if bar_mm is None else float(bar_mm), ruler, code_kind)
    letters = _checked(content, marks, include_identity, known, mesh)
    rules = rules_of(process or DEFAULT_PROCESS)
    least = _least_height(content, letters, rules, height_mm)
    _check_solid(mesh)
    asked = {
        "text": text, "at_mm": at_mm, "height_mm": height_mm, "depth_mm": depth_mm, "engrave": engrave, "marks": marks,
        "code": code, "code_kind": code_kind, "bar_mm": bar_mm, "ruler": ruler, "up": up, "turn_deg": turn_deg,
        "process": rules.process, "protect_at": protect_at, "include_identity": include_identity,
    }  # fmt: skip
    away = Away.of(protect_at, protect)
    progress(0.0, "Reading the model")
    solid = mesh.to_manifold()
    wishes = Wishes(rules, height_mm, least, depth_mm, engrave, up)
    jobs = [Job(Content(letter), wishes, None, letter, 0.0) for letter in letters]
    if not content.is_empty:
        where = None if at_mm is None else np.asarray(at_mm, float)
        jobs.insert(0, Job(content, wishes, where, "", turn_deg))
    around = Surroundings.of(mesh) if any(job.at_mm is None for job in jobs) else None
    out, placed = mesh, list[Placed]()
    for number, job in enumerate(jobs):
        share = part(progress, 0.1 + 0.7 * number / len(jobs), 0.1 + 0.7 * (number + 1) / len(jobs))
        solid, out, done = place_label(mesh, out, solid, around, job, away, share)
        away = away.with_ball(done.at_mm, done.radius_mm)
        placed.append(done)
    change = change_between(mesh, out, part(progress, 0.8, 1.0))
    details: dict[str, Any] = {
        "labels": [one.to_dict() for one in placed],
        "rules": rules.to_dict(),
        "includes_identity": include_identity,
        "searched": "values of the scan and patterns" if known is not None else "patterns of names, dates and numbers",
    }
    return out, Receipt(
        "label", asked, watch.seconds, measure_mesh(mesh), measure_mesh(out), change, notes_of(placed, rules),
        warnings_of(placed, rules, include_identity=include_identity), details,
    )  # fmt: skip


def _checked(
    content: Content, marks: str, include_identity: bool, known: KnownValues | None, mesh: Mesh
) -> Sequence[str]:
    letters = list(dict.fromkeys(letter for letter in marks.upper() if letter not in " ,;+/"))
    strange = [letter for letter in letters if letter not in SIDES]
    if strange:
        raise InputError(f"'{strange[0]}' is no side of a patient. Marks can be {', '.join(SIDES)}.")
    if content.is_empty and not letters:
        raise InputError("The label is empty. Give a text, a code, the length of a scale bar, or marks.")
    if content.ruler and not content.bar_mm:
        raise InputError("A ruler needs a length: give it with --bar.")
    if letters and MIRRORED in mesh.name.lower():
        raise InputError(
            "This model is mirrored: letters for the patient's sides would be false on it. Leave the marks out."
        )
    if not content.is_empty:
        content.check()
    if not include_identity:
        for words in (content.text, content.code):
            if words.strip():
                check_words(words, known)
    return letters


def _least_height(content: Content, letters: Sequence[str], rules: Rules, height_mm: float | None) -> float:
    contents = [Content(letter) for letter in letters] + ([] if content.is_empty else [content])
    least = max(least_letter_mm(one, rules.stroke_mm) for one in contents)
    if height_mm is not None and height_mm < least * (1.0 - 1e-9):
        raise InputError(
            f"Letters of {height_mm:g} mm would have strokes thinner than {rules.stroke_mm:g} mm, which "
            f"{rules.process} cannot print. Use {np.ceil(least * 10.0) / 10.0:g} mm or more, fewer small letters, or "
            f"leave the height out ({LABEL_HEIGHT_MM:g} mm is the rule for reading)."
        )
    return least


def _check_solid(mesh: Mesh) -> None:
    if mesh.is_empty:
        raise GeometryError(f"The mesh '{mesh.name}' is empty: there is nothing to write on.")
    measured = measure_mesh(mesh)
    if measured.open_edges or measured.non_manifold_edges or measured.misoriented_edges:
        raise GeometryError(
            "A label needs a closed surface: this one has open or wrongly turned edges. Repair it first."
        )
    if measured.volume_mm3 <= 0.0:
        raise GeometryError("The surface is inside out. Repair it first.")
