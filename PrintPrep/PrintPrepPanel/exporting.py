"""Writes the checked model with its record and report: a run of its own, whose model must be the one that was checked.

The run is the library's own (``python -m PrintPrepLib run``): files, record, report, plan, caliper table and the search
for patient data are the same as on the command line.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from . import work
from .texts import section_number
from .work import Refused, final_result, why_out_of_date

if TYPE_CHECKING:
    from PrintPrepLib.mrml import Study

FORMATS = ("stl", "3mf", "glb", "obj", "ply")
"""As the library has them, which is not imported for their sake when the panel is made."""
SHORTEST_REASON = 5
"""Letters; a dot is no reason."""
RECORD, REPORT = "record.json", "report.html"
OTHER_FILES = (
    RECORD, REPORT, "recipe.toml", "deviation.vtp", "thickness.vtp", "model.png", "overlay.png",
    "deviation.png", "thickness.png", "before_after.png", "calipers.png",
)  # fmt: skip
"""What an export writes beside the model, as far as its name is known before."""


def findings_to_accept(study: Study | None) -> list[dict[str, Any]]:
    """Return one finding for each code that failed or warned, what failed first."""
    from PrintPrepLib.mrml import load_record

    record = None if study is None else load_record(study)
    found = [] if record is None else record["findings"]
    ordered = [one for word in ("fail", "warn") for one in found if one["severity"] == word]
    return list({str(one["code"]): one for one in reversed(ordered)}.values())[::-1]


def failures(study: Study | None) -> list[dict[str, Any]]:
    """Return the checks that failed in the last run."""
    from PrintPrepLib.mrml import load_record

    record = None if study is None else load_record(study)
    return [] if record is None else [one for one in record["findings"] if one["severity"] == "fail"]


def file_names(study: Study, formats: Sequence[str]) -> list[str]:
    """Return the names of the files that an export writes, as far as they are known before."""
    from PrintPrepLib.mrml import load_record, marks_of_record

    final, record = final_result(study), load_record(study)
    marks = "" if record is None else marks_of_record(record)
    names = [f"model_print{marks}.stl"]
    for ending in formats:
        if final is None or len(final.nodes) == 1 or ending != "stl":
            names.append(f"model{marks}.{ending}")
        else:
            names += [f"{_stem(node)}.{ending}" for node in final.nodes]
    return [*names, *OTHER_FILES]


def refusal(
    study: Study | None,
    folder: str,
    formats: Sequence[str],
    reasons: Mapping[str, str],
    *,
    outdated: str | None = None,
) -> str:
    """Say why nothing can be exported; empty when it can. ``outdated`` is looked up when it is not given."""
    if study is None or final_result(study) is None:
        return _("There is no checked model yet. Press Prepare, or Check again after a step was taken back.")
    if outdated is None:
        outdated = why_out_of_date(study)
    if outdated:
        return _("{why} Press Prepare again before exporting.").format(why=outdated)
    failed = [one for one in failures(study) if len(reasons.get(str(one["code"]), "").strip()) < SHORTEST_REASON]
    if failed:
        return _("A check failed: {what} Correct it, or tick 'Accept what was found' and give a reason for it.").format(
            what=failed[0]["message"]
        )
    if not formats:
        return _("Tick at least one file format.")
    if not folder.strip():
        return _("Choose a folder for the files.")
    if not Path(folder).is_dir():
        return _("The folder '{folder}' does not exist. Choose one that does.").format(folder=folder)
    return ""


def prepare(
    study: Study,
    formats: Sequence[str],
    reasons: Mapping[str, str],
    by: str,
    case: Mapping[str, str],
    *,
    pictures: bool,
) -> work.Prepared:
    """Write what the run of the export needs: what the model was made from, and the recipe that it was made by.

    Raises
    ------
    Refused
        Something of it is not there any more.
    PrintPrepError
        What is there cannot be used.
    """
    from PrintPrepLib.mrml import inputs_of_study, load_record, load_settings
    from PrintPrepLib.record.overrides import Acceptance
    from PrintPrepLib.workflow.recipe import parse_recipe

    recipe = parse_recipe(str(load_settings(study).get(work.RECIPE, "")), _("the steps of the last run"))
    accepted = [
        Acceptance(code, reason.strip(), by.strip())
        for code, reason in reasons.items()
        if len(reason.strip()) >= SHORTEST_REASON
    ]
    recipe = replace(recipe, formats=tuple(formats), **case).with_papers(accepted=accepted)
    inputs = inputs_of_study(study)
    segments = next((one for one in inputs if one.segment_ids is not None), None)
    volume = next((one.node for one in inputs if one.segment_ids is None), None)
    record = load_record(study)
    prepared = work.prepare(
        volume,
        None if segments is None else segments.node,
        () if segments is None else segments.segment_ids or (),
        recipe,
        leaving=True,
        pictures=pictures,
        parent_record=None if record is None else record.get("record_id"),
    )
    # What would name the patient is told with all other findings, and refused here until a person accepts it.
    return replace(prepared, words=(*prepared.words, "--privacy", "report"))


def take(study: Study, prepared: work.Prepared, folder: Path) -> list[str]:
    """Move what the run wrote into the chosen folder, and keep its record in the scene; returns the names.

    Raises
    ------
    Refused
        An input was changed meanwhile, the run made another model than the one that was checked, or a check failed that
        nobody accepted. The folder is then as it was.
    PrintPrepError
        The files cannot be written.
    """
    from PrintPrepLib.export import OutputFolder
    from PrintPrepLib.mrml import load_record, made_the_same, read_results, save_record

    work.refuse_changed_inputs(prepared)
    record, before = read_results(prepared.folder), load_record(study)
    if before is None or not made_the_same(before, record):
        raise Refused(
            _("With the use, printer and material that are chosen now, or with this version of PrintPrep, the steps "
              "give another model than the one that was checked. Nothing was exported: press Prepare again.")
        )  # fmt: skip
    failed = [one for one in record["findings"] if one["severity"] == "fail" and one["override"] is None]
    if failed:
        save_record(study, record)
        raise Refused(
            _("Nothing was exported. A check failed: {what} Correct it, or accept it in section {number} with a "
              "reason.")
            .format(what=failed[0]["message"], number=section_number("export"))
        )  # fmt: skip
    names = [*(str(one["file"]) for one in record["outputs"]), RECORD]
    with OutputFolder(folder) as out:
        for name in names:
            shutil.copyfile(prepared.folder / work.RESULTS / name, out.file(name))
    save_record(study, record)
    return names


def report_of(study: Study | None, folder: str) -> Path | None:
    """Return the report of this study in a folder; None where there is none, or one of another model."""
    import json

    from PrintPrepLib.mrml import load_record

    record = None if study is None else load_record(study)
    place = Path(folder) / RECORD
    if record is None or not folder.strip() or not place.is_file() or not (Path(folder) / REPORT).is_file():
        return None
    try:
        there = json.loads(place.read_text("utf-8")).get("record_id")
    except (OSError, ValueError, AttributeError):
        return None
    return Path(folder) / REPORT if there == record.get("record_id") else None


def _stem(node: Any) -> str:
    """Return a plain file name from the name of a part's node, e.g. ``Parts: model 01`` gives ``model_01``."""
    words = node.GetName().rpartition(":")[2].split()
    name = "_".join(words)
    return "".join(letter for letter in name if letter.isalnum() or letter in "_-") or "part"
