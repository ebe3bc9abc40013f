"""Writes the checked model out of the scene: files that are read back, and the record beside them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from .work import Refused, final_result, why_out_of_date

if TYPE_CHECKING:
    from PrintPrepLib.export import WrittenFile
    from PrintPrepLib.mrml import Study

FORMATS = ("stl", "3mf", "ply", "obj")
SHORTEST_REASON = 5
"""Letters; a dot is no reason."""


def failures(study: Study | None) -> list[dict[str, Any]]:
    """Return the checks that failed in the last run."""
    from PrintPrepLib.mrml import load_record

    record = None if study is None else load_record(study)
    return [] if record is None else [one for one in record["findings"] if one["severity"] == "fail"]


def file_names(study: Study, formats: Sequence[str]) -> list[str]:
    """Return the names of the files that an export writes."""
    final = final_result(study)
    names = []
    for ending in formats:
        if final is None or len(final.nodes) == 1 or ending == "3mf":
            names.append(f"model.{ending}")
        else:
            names += [f"{_stem(node)}.{ending}" for node in final.nodes]
    return [*names, "record.json", "recipe.toml"]


def refusal(
    study: Study | None,
    folder: str,
    formats: Sequence[str],
    reason: str,
    *,
    anyway: bool,
    outdated: str | None = None,
) -> str:
    """Say why nothing can be exported; empty when it can. ``outdated`` is looked up when it is not given."""
    if study is None or final_result(study) is None:
        return _("There is no checked model yet. Press Prepare, or Check again after a step was taken back.")
    if outdated is None:
        outdated = why_out_of_date(study)
    if outdated:
        return _("{why} Press Prepare again before exporting.").format(why=outdated)
    failed = failures(study)
    if failed and not anyway:
        return _("A check failed: {what} Correct it, or tick 'Export anyway' and give a reason.").format(
            what=failed[0]["message"]
        )
    if failed and len(reason.strip()) < SHORTEST_REASON:
        return _("Give a reason for exporting although a check failed. It goes into the record.")
    if not formats:
        return _("Tick at least one file format.")
    if not folder.strip():
        return _("Choose a folder for the files.")
    if not Path(folder).is_dir():
        return _("The folder '{folder}' does not exist. Choose one that does.").format(folder=folder)
    return ""


def export(
    study: Study, folder: str, formats: Sequence[str], *, recipe_text: str, reason: str = ""
) -> list[WrittenFile]:
    """Write the files; on an error nothing is left of them.

    Raises
    ------
    Refused
        There is a reason not to.
    PrintPrepError
        A file cannot be written.
    """
    from PrintPrepLib.export import OutputFolder, describe_file, write_assembly, write_mesh
    from PrintPrepLib.mrml import load_record, mesh_from_node
    from PrintPrepLib.record.record import write_record

    why_not = refusal(study, folder, formats, reason, anyway=bool(reason.strip()))
    if why_not:
        raise Refused(why_not)
    final, record = final_result(study), load_record(study)
    assert record is not None
    several = len(final.nodes) > 1
    meshes = [mesh_from_node(node).with_name(_stem(node) if several else "model") for node in final.nodes]
    written = []
    with OutputFolder(Path(folder)) as out:
        for ending in formats:
            if several and ending == "3mf":
                colors = [_color(node) for node in final.nodes]
                written.append(write_assembly(meshes, out.file("model.3mf"), colors=colors))
            else:
                written += [write_mesh(mesh, out.file(f"{mesh.name}.{ending}")) for mesh in meshes]
        recipe_file = out.file("recipe.toml")
        recipe_file.write_text(recipe_text, "utf-8")
        written.append(describe_file(recipe_file, "recipe"))
        failed = failures(study)
        record = {
            **record,
            "record_id": str(uuid.uuid4()),
            "parent_record": record.get("record_id"),
            "outputs": [one.to_dict() for one in written],
            "export": {
                "despite_failed_checks": [one["code"] for one in failed],
                "reason": reason.strip() if failed else None,
            },
        }
        written.append(write_record(record, out.file("record.json")))
        _refuse_identity(study, out.folder_now)
    return written


def _refuse_identity(study: Study, folder: Path) -> None:
    """Search what is about to leave the scene for every value of the source's DICOM headers."""
    from PrintPrepLib.mrml import identity_of_node
    from PrintPrepLib.record.privacy import search_files

    identity = identity_of_node(study.volume_node)
    if identity is None:
        return
    hits = search_files(folder, identity).hits
    if hits:
        places = ", ".join(dict.fromkeys(f"{hit.file} ({', '.join(hit.where[:2])})" for hit in hits[:6]))
        raise Refused(
            _("Patient data of the scan would be in what is exported: {places}. Nothing was written. Take it out of "
              "the use of the model, the names of parts and planes, and the reason; then export again.")
            .format(places=places)
        )  # fmt: skip


def _stem(node: Any) -> str:
    """Return a plain file name from the name of a part's node, e.g. ``Parts: model 01`` gives ``model_01``."""
    words = node.GetName().rpartition(":")[2].split()
    name = "_".join(words)
    return "".join(letter for letter in name if letter.isalnum() or letter in "_-") or "part"


def _color(node: Any) -> tuple[int, int, int]:
    red, green, blue = (round(255 * value) for value in node.GetDisplayNode().GetColor())
    return red, green, blue
