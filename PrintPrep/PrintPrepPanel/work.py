"""What the panel asks of the library: a job's folder from the scene, and its results back. No Qt, no geometry."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from .lengths import length_numbers
from .planes import plane_numbers
from .texts import section_number

if TYPE_CHECKING:
    from PrintPrepLib.mrml import Study
    from PrintPrepLib.workflow.recipe import Recipe

FINAL_ROLES = ("model", "parts")
"""Results that were checked; all others are steps on the way."""
PLANES = "planes"
"""Setting of a study: where the planes were when the model was cut."""
LENGTHS = "lengths"
"""Setting of a study: the lengths to measure that were marked when the model was checked."""
CHECKED = "checked"
"""Setting of a study: hashes of the checked models, so that a later change of them is noticed."""
REASONS, BY, PLAN = "accepted", "accepted_by", "plan"
"""Settings of a study: reasons for accepting findings by their code, who accepts, and the last plan."""
FORGOTTEN = (REASONS, PLAN)
"""Settings that are about one model and go with it."""
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


def prepare(
    volume_node: Any,
    segmentation_node: Any,
    segment_ids: Sequence[str],
    recipe: Recipe,
    *,
    leaving: bool = False,
    pictures: bool = False,
    parent_record: str | None = None,
) -> Prepared:
    """Write what a run needs into a folder of its own.

    ``leaving`` is for results that are given away: no steps between, and what is written is searched for the
    identifying values of the scan's DICOM files. ``parent_record`` is the id of the record that the new one revises.

    Raises
    ------
    Refused
        Nothing is chosen.
    PrintPrepError
        What is chosen cannot be used.
    """
    from PrintPrepLib.mrml import export_job, labels_from_node, source_files, volume_from_node
    from PrintPrepLib.workflow.chain import completed
    from PrintPrepLib.workflow.origin import Origin

    if volume_node is None:
        raise Refused(
            _("Choose a scan in section {number} first, or load one from DICOM.").format(number=section_number("scan"))
        )
    completed(recipe, has_segmentation=segmentation_node is not None)  # refuse now, not after a minute
    volume = volume_from_node(volume_node)
    inputs = [_input(volume_node, None)]
    labels, findings = None, ()
    if segmentation_node is not None:
        ids = tuple(segment_ids)
        if not ids:
            raise Refused(
                _("Tick at least one segment in section {number}, or choose None as the segmentation.").format(
                    number=section_number("segment")
                )
            )
        found = labels_from_node(segmentation_node, ids, volume_node=volume_node)
        labels, findings = found.labels, tuple(found.findings)
        inputs.append(_input(segmentation_node, ids))
    files = source_files(volume_node) if leaving else ()
    origin = Origin(volume.source, findings, files, search=leaving, parent_record=parent_record)
    job = export_job(volume, recipe, labels=labels, keep_steps=not leaving, pictures=pictures, origin=origin)
    return Prepared(job.words, job.folder, tuple(inputs))


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
        load_settings,
        results,
        save_settings,
    )
    from PrintPrepLib.mrml.models import remove_model

    refuse_changed_inputs(prepared)
    made = import_results(
        study, prepared.folder, inputs=[InputNode(one.node, one.segment_ids) for one in prepared.inputs]
    )
    roles = {one.role for one in made}
    for former in results(study):
        if former.role not in roles:
            for node in former.nodes:
                remove_model(node)
    hashes = [content_hash(node) for node in made[-1].nodes]
    recipe = (prepared.folder / RESULTS / RECIPE).read_text("utf-8")
    # Reasons for accepting what was found do not go over to another model.
    kept = {key: value for key, value in load_settings(study).items() if key not in FORGOTTEN}
    save_settings(study, {**kept, CHECKED: hashes, RECIPE: recipe, LENGTHS: length_numbers(study.scene)})


def refuse_changed_inputs(prepared: Prepared) -> None:
    """Refuse results of inputs that are not what they were when the work began.

    Raises
    ------
    Refused
        Names the first one.
    """
    from PrintPrepLib.mrml import content_hash

    for one in prepared.inputs:
        gone = one.node.GetScene() is None
        if gone or content_hash(one.node, one.segment_ids) != one.hash:
            raise Refused(
                _("'{name}' was changed while the work was running. Its result was thrown away: press Prepare again.")
                .format(name=one.node.GetName())
            )  # fmt: skip


def folder_with_mesh(node: Any, name: str = "model.ply") -> tuple[Path, Path]:
    """Write a model node into a new folder for a job; returns the folder, which the job removes, and the file.

    Raises
    ------
    PrintPrepError
        The node holds no surface, or it cannot be written.
    """
    from PrintPrepLib.export import write_mesh
    from PrintPrepLib.mrml import mesh_from_node

    folder = Path(tempfile.mkdtemp(prefix="printprep-"))
    try:
        write_mesh(mesh_from_node(node), folder / name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, folder / name


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
        if load_settings(study).get(LENGTHS, []) != length_numbers(study.scene):
            return _("A length to measure was moved, added or removed after the model was checked.")
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
