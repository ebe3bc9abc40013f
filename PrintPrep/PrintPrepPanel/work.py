"""What the panel asks of the library: a job's folder from the scene, and its results back. No Qt, no geometry."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from .planes import plane_numbers

if TYPE_CHECKING:
    from PrintPrepLib.mrml import Study
    from PrintPrepLib.workflow.recipe import Recipe

FINAL_ROLES = ("model", "parts")
"""Results that were checked; all others are steps on the way."""
PLANES = "planes"
"""Setting of a study: where the planes were when the model was cut."""
CHECKED = "checked"
"""Setting of a study: hashes of the checked models, so that a later change of them is noticed."""
RESULTS, RECIPE = "results", "recipe.toml"
"""Where a run leaves the recipe with every default filled in; under its name a study keeps it."""


class Refused(RuntimeError):  # noqa: N818 - a state that is told, not a bug
    """The panel does not do what was asked, and the message says why and what to do."""


@dataclass(frozen=True)
class Input:
    """A node that went into a job, and the hash of what it held then."""

    node: Any
    segment_ids: tuple[str, ...] | None
    hash: str


@dataclass(frozen=True)
class Prepared:
    """A job that can be started."""

    words: tuple[str, ...]
    folder: Path
    inputs: tuple[Input, ...]
    findings: tuple[Mapping[str, Any], ...]


def prepare(volume_node: Any, segmentation_node: Any, segment_ids: Sequence[str], recipe: Recipe) -> Prepared:
    """Write what a run needs into a folder of its own.

    Raises
    ------
    Refused
        Nothing is chosen.
    PrintPrepError
        What is chosen cannot be used.
    """
    from PrintPrepLib.mrml import export_job, labels_from_node, volume_from_node
    from PrintPrepLib.workflow.chain import completed

    if volume_node is None:
        raise Refused(_("Choose a scan in section 1 first, or load one from DICOM."))
    completed(recipe, has_segmentation=segmentation_node is not None)  # refuse now, not after a minute
    volume = volume_from_node(volume_node)
    inputs = [_input(volume_node, None)]
    labels, findings = None, []
    if segmentation_node is not None:
        ids = tuple(segment_ids)
        if not ids:
            raise Refused(_("Tick at least one segment in section 2, or choose None as the segmentation."))
        found = labels_from_node(segmentation_node, ids, volume_node=volume_node)
        labels, findings = found.labels, [finding.to_dict() for finding in found.findings]
        inputs.append(_input(segmentation_node, ids))
    job = export_job(volume, recipe, labels=labels)
    return Prepared(job.words, job.folder, tuple(inputs), tuple(findings))


def take_over(study: Study, prepared: Prepared) -> None:
    """Bring the results of a run into the scene; results of an earlier run that have no successor are dropped.

    Raises
    ------
    Refused
        An input was changed or removed while the run was on its way: the results would not belong to it.
    """
    from PrintPrepLib.mrml import (
        InputNode,
        content_hash,
        import_results,
        load_record,
        load_settings,
        results,
        save_record,
        save_settings,
    )
    from PrintPrepLib.mrml.models import remove_model

    for one in prepared.inputs:
        gone = one.node.GetScene() is None
        if gone or content_hash(one.node, one.segment_ids) != one.hash:
            raise Refused(
                _("'{name}' was changed while the work was running. Its result was thrown away: press Prepare again.")
                .format(name=one.node.GetName())
            )  # fmt: skip
    made = import_results(
        study, prepared.folder, inputs=[InputNode(one.node, one.segment_ids) for one in prepared.inputs]
    )
    roles = {one.role for one in made}
    for former in results(study):
        if former.role not in roles:
            for node in former.nodes:
                remove_model(node)
    record = load_record(study)
    if prepared.findings and record is not None:
        record["findings"] = [*prepared.findings, *record["findings"]]
        save_record(study, record)
    hashes = [content_hash(node) for node in made[-1].nodes]
    recipe = (prepared.folder / RESULTS / RECIPE).read_text("utf-8")
    save_settings(study, {**load_settings(study), CHECKED: hashes, RECIPE: recipe})


def discard(prepared: Prepared) -> None:
    """Remove the folder of a job that was not started."""
    shutil.rmtree(prepared.folder, ignore_errors=True)


def final_result(study: Study | None) -> Any:
    """Return the checked result of a study, None when there is none (any more)."""
    from PrintPrepLib.mrml import results

    there = () if study is None else results(study)
    return there[-1] if there and there[-1].role in FINAL_ROLES else None


def why_out_of_date(study: Study) -> str:
    """Say why the results no longer belong to the scene as it is now; empty when they do."""
    from PrintPrepLib.mrml import content_hash, load_settings, results, stale_findings

    there = results(study)
    for finding in stale_findings(there[-1].node) if there else ():  # it asks what it was made from as well
        return finding.message
    final = final_result(study)
    if final is not None:
        hashes = load_settings(study).get(CHECKED, [])
        if [content_hash(node) for node in final.nodes] != hashes:
            return _("The model was changed by hand after it was checked.")
        cut_at = load_settings(study).get(PLANES) or []
        now = plane_numbers(study.scene)
        if final.role == "parts" and cut_at and now != cut_at:
            return _("A cutting plane was moved, added or removed after the model was cut.")
    return ""


def undo(study: Study, roles: Sequence[str]) -> str:
    """Take back the last step among ``roles`` and what came after it, and show what was there before.

    Returns
    -------
    str
        The role that is shown now, empty when none is left.
    """
    from PrintPrepLib.mrml import drop_last, results

    present = [one.role for one in results(study)]
    last = max(index for index, role in enumerate(present) if role in roles)
    former = None
    for _number in range(len(present) - last):
        former = drop_last(study)
    return "" if former is None else str(former.role)


def undo_labels(study: Study) -> str:
    """Take back the last step on the segmentation with every model made from it, and show the label map before.

    Returns
    -------
    str
        The role that is shown now, empty when none is left.
    """
    from PrintPrepLib.mrml import drop_labels, drop_last, label_results, results

    while results(study):
        drop_last(study)
    former = drop_labels(study, [label_results(study)[-1].role])
    return "" if former is None else str(former.role)


def _input(node: Any, segment_ids: tuple[str, ...] | None) -> Input:
    from PrintPrepLib.mrml import content_hash

    return Input(node, segment_ids, content_hash(node, segment_ids))
