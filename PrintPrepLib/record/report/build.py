"""The report as a whole: one file, no script, nothing fetched, every text escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...export.temporary import staged
from ...export.write import WrittenFile, describe_file
from ...progress import Progress, silent
from .findings import findings_section
from .first_page import first_page
from .html import Markup, join, tag
from .images import (
    Panel,
    assembly_panels,
    before_after_panels,
    map_panels,
    model_panels,
    overlay_panels,
    read_png,
)
from .made import made_section
from .paper import caliper_section, files_section, limits_section
from .planned import plan_section
from .proof import agreement_section, parts_section, wall_section

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may do with the page: show the pictures and the style that are in it, and nothing else."""

Picture = Callable[[str], bytes | None]
"""Bytes of a picture of the run by its name; None where there is none."""


def report_html(record: Mapping[str, Any], picture: Picture, *, progress: Progress = silent) -> str:
    """Write a record and its pictures as one page.

    Parameters
    ----------
    record : mapping
        As ``record.json`` holds it, fitting its schema.
    picture : callable
        Gives the bytes of ``model.png``, ``overlay.png`` and so on.
    progress : Progress
        Receiver.

    Raises
    ------
    InputError
        A picture is not one of a run.
    """

    def panels(name: str, take_apart: Callable[..., list[Panel]], *words: str, **how: bool) -> list[Panel]:
        data = picture(name)
        return [] if data is None else take_apart(read_png(data, name), *words, **how)

    progress(0.0, "Writing the report")
    seams = [
        Panel(read_png(data, name), f"Both faces of seam {number}")
        for number in range(1, 1 + len((record["assembly"] or {}).get("seams", ())))
        if (data := picture(name := f"seam_{number:02d}.png")) is not None
    ]
    body = join(
        first_page(record, panels("model.png", model_panels), panels("overlay.png", overlay_panels)),
        agreement_section(
            record, panels("deviation.png", map_panels, "Deviation"), panels("before_after.png", before_after_panels)
        ),
        wall_section(record, panels("thickness.png", map_panels, "Wall thickness")),
        parts_section(record, panels("assembly.png", assembly_panels), seams),
        findings_section(record),
        plan_section(record),
        made_section(record),
        caliper_section(record, panels("calipers.png", map_panels, "Where to measure", bar=False, strip=False)),
        limits_section(record),
        files_section(record),
    )
    progress(1.0, "Report written")
    title = f"Model report {record['case_code']}".strip()
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        tag("style", Markup(_style())),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', tag('main', body)), lang='en')}\n"


def write_report(
    record: Mapping[str, Any], picture: Picture, path: Path | str, *, progress: Progress = silent
) -> WrittenFile:
    """Write the report beside its name and rename it.

    Raises
    ------
    ExportError
        The disk is full, rights are missing, or the folder does not exist.
    """
    final = Path(path)
    text = report_html(record, picture, progress=progress)
    with staged(final) as item:
        item.file.write(text.encode("utf-8"))
    return describe_file(final, "report")


@cache
def _style() -> str:
    return (files(__package__) / "report.css").read_text("utf-8")
