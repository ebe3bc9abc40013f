"""A study's inputs as a folder for a background run, and that run's results back in the scene."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ..dicom import read_label_file
from ..errors import InputError
from ..export import Units, read_mesh
from ..export.read import read_as_stored
from ..mesh import Mesh
from ..volume import LabelMap, Volume
from ..workflow.origin import Origin
from ..workflow.papers import RECORD_FILE
from ..workflow.recipe import Recipe
from ..workflow.run import DEVIATION_FILE, MODEL_FILE, THICKNESS_FILE
from .hashes import InputNode
from .labelresult import add_label_result, drop_labels, label_results
from .result import Color, Result, add_result, results
from .study import Study, save_record

SCAN_FILE = "scan.nrrd"
LABELS_FILE = "labels.nrrd"
RECIPE_FILE = "recipe.toml"
ORIGIN_FILE = "origin.json"
RESULTS_FOLDER = "results"
FOLDER_PREFIX = "printprep-"
MODEL_ROLE = "model"
PARTS_ROLE = "parts"
_MARKS = r"(?:_MIRRORED)?(?:_SCALE-[\d.e+-]+)?"
_STEP_NAME = re.compile(rf"step_(\d+)_(.+?){_MARKS}\.(vtp|nrrd)")
_LABELS_ENDING = ".nrrd"
_MARKED_NAME = re.compile(r".+?((?:_MIRRORED(?:_SCALE-[\d.e+-]+?)?)|(?:_SCALE-[\d.e+-]+?))(?:_\d+)?\.[a-z0-9]+")
_PART_NAME = re.compile(rf"(model|dowel){_MARKS}_\d+\.stl")


@dataclass(frozen=True)
class ExportedJob:
    """A folder with everything a run needs. ``words`` are the command and its options for ``jobs.Job``."""

    folder: Path
    words: tuple[str, ...]

    @property
    def results(self) -> Path:
        """Where the run writes to."""
        return self.folder / RESULTS_FOLDER


def export_job(
    volume: Volume,
    recipe: Recipe,
    *,
    labels: LabelMap | None = None,
    label: str | None = None,
    folder: Path | None = None,
    keep_steps: bool = True,
    pictures: bool = False,
    origin: Origin | None = None,
) -> ExportedJob:
    """Write what ``python -m PrintPrepLib run`` needs; it holds no node name and no identity.

    Parameters
    ----------
    volume : Volume
        The scan, world LPS.
    recipe : Recipe
    labels : LabelMap, optional
        The segments in place of the recipe's threshold, on any grid.
    label : str, optional
        Name of one label; all together when left out.
    folder : Path, optional
        An empty one; by default a new temporary one that only this user can read. Whoever gets it removes it.
    keep_steps : bool
        Whether the label map or surface after each step comes back as well.
    pictures : bool
        Whether the run draws the pictures of the record.
    origin : Origin, optional
        What is known of the scan besides the volume's own source, which is what is told without it, and the DICOM files
        to search for identifying values; without it nothing is searched, since the results stay in the scene.
    """
    place = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)) if folder is None else folder
    place.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(_bare(volume.image), str(place / SCAN_FILE))
    (place / RECIPE_FILE).write_text(recipe.to_toml(), "utf-8")
    told = origin if origin is not None else Origin(volume.source, search=False)
    (place / ORIGIN_FILE).write_text(told.to_json(), "utf-8")
    words = ["run", str(place / SCAN_FILE), "-o", str(place / RESULTS_FOLDER), "-r", str(place / RECIPE_FILE)]
    words += ["--origin", str(place / ORIGIN_FILE)]
    if labels is not None:
        _write_labels(labels, place / LABELS_FILE)
        words += ["--labels", str(place / LABELS_FILE)]
        words += ["--label", label] if label is not None else []
    words += ["--keep-steps"] if keep_steps else []
    words += [] if pictures else ["--no-pictures"]
    return ExportedJob(place, tuple(words))


def words_for_pieces(words: Sequence[str]) -> tuple[str, ...]:
    """Turn the words of a run (``ExportedJob.words``) into those that only list the pieces of the segmentation."""
    kept = list(words[1:])
    for option in ("-o", "--origin"):
        place = kept.index(option)
        del kept[place : place + 2]
    return ("islands", *(word for word in kept if word not in ("--keep-steps", "--no-pictures")))


def import_results(study: Study, folder: Path, *, inputs: Sequence[InputNode] = ()) -> tuple[Result, ...]:
    """Bring the results of a run into the scene, one result for each step that was kept, and its record.

    Label maps come as segmentations (``label_results``), surfaces as models.

    Parameters
    ----------
    study : Study
    folder : Path
        That of the job (``ExportedJob.folder``).
    inputs : sequence of InputNode
        What was written to the folder, as it was then: give them only if the nodes were not changed meanwhile.

    Returns
    -------
    tuple of Result
        The models in order; the last one is shown, over the last label map in the slices.

    Raises
    ------
    InputError
        The results are missing, or not what the run wrote.
    """
    place = folder / RESULTS_FOLDER
    record = read_results(folder)
    names = [output["file"] for output in record["outputs"]]
    steps = sorted((int(match[1]), match[2], name) for name in names if (match := _STEP_NAME.fullmatch(name)))
    told = record["steps"]
    # Everything is read before the scene is touched: what cannot be read leaves it as it was.
    kept = [read_label_file(place / name) if name.endswith(_LABELS_ENDING) else _read(place / name)
            for _, _, name in steps]  # fmt: skip
    parts = [name for name in names if _PART_NAME.fullmatch(name)]
    final = [_read(place / name).with_name(Path(name).stem.replace("_", " ")) for name in parts]
    final = final or [_model(place, names)]
    # A ready label map brings a receipt of its own before those of the recipe's steps.
    before = len(told) - len(record["recipe"]["step"])
    made: list[Result] = []
    labels: list[Result] = []
    given, used = list(inputs), 0
    for (number, step, name), told_by in zip(steps, kept, strict=True):
        end = before + number
        role = _free(step, [*labels, *made])
        if isinstance(told_by, LabelMap):
            labels.append(
                add_label_result(study, role, told_by, receipts=told[used:end], inputs=inputs, title=_title(role))
            )
            used = end
            continue
        mesh, title = told_by.with_name(role), _title(role) + marks_in_words(name)
        made.append(add_result(study, role, mesh, receipts=told[used:end], inputs=given, title=title, last=True))
        given, used = [InputNode(made[-1].node)], end
    role, title, colors = (PARTS_ROLE, "Parts", _part_colors(len(final))) if parts else (MODEL_ROLE, "Model", [])
    title += marks_of_record(record).replace("_", " ")
    made.append(
        add_result(study, role, final, receipts=told[used:], inputs=given, colors=colors, title=title, last=True)
    )
    save_record(study, record)
    there = {one.role for one in labels}
    drop_labels(study, [one.role for one in label_results(study) if one.role not in there])
    roles = {one.role for one in made}
    return tuple(one for one in results(study) if one.role in roles)


def read_results(folder: Path) -> dict[str, Any]:
    """Return the record of a job's results, after every file of it was found to be what the run wrote.

    Raises
    ------
    InputError
        The results are missing, or not what the run wrote.
    """
    place = folder / RESULTS_FOLDER
    record = _record(place)
    for output in record["outputs"]:
        _check(place, output)
    return record


def made_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two records are of the same model, triangle for triangle, and of the same parts."""
    return _geometry(one) is not None and _geometry(one) == _geometry(other)


def _geometry(record: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the hashes of the model and its parts; None for a record that an older version made."""
    whole = record["surface"].get("geometry_sha256")
    parts = [one.get("geometry_sha256") for one in (record.get("assembly") or {}).get("parts", ())]
    return None if whole is None or None in parts else (str(whole), *map(str, parts))


def _record(place: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((place / RECORD_FILE).read_text("utf-8"))
        if not all(isinstance(rows, list) for rows in (record["outputs"], record["steps"], record["recipe"]["step"])):
            raise ValueError("not a record")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("The run left no results that can be read. Run it again.") from error
    return record


def _check(place: Path, output: Mapping[str, Any]) -> None:
    path = place / output["file"]
    if not path.is_file() or path.parent != place:
        raise InputError(f"The run's file '{output['file']}' is missing. Run it again.")
    with path.open("rb") as stream:
        digest: Any = hashlib.file_digest(stream, "sha256")
    if digest.hexdigest() != output["sha256"]:
        raise InputError(f"'{output['file']}' is not what the run wrote. Run it again.")


def _read(path: Path) -> Mesh:
    """Read a surface that the run wrote, and that its hash has found whole: millimeters, however small it is.

    Only STL, which repeats its corners, is welded; what a VTP stores is the surface.
    """
    return read_mesh(path, units=Units.MM) if path.suffix == ".stl" else read_as_stored(path, units=Units.MM)


def _model(place: Path, names: Sequence[str]) -> Mesh:
    """Read the model with what was measured on it: the colored files hold the same surface."""
    marked = [_named_as(file, names) for file in (THICKNESS_FILE, MODEL_FILE)]
    mesh = _read(place / (marked[0] or marked[1] or MODEL_FILE)).with_name(MODEL_ROLE)
    if DEVIATION_FILE in names:
        other = _read(place / DEVIATION_FILE)
        if other.vertices.shape == mesh.vertices.shape and (other.vertices == mesh.vertices).all():
            for name, values in other.scalars.items():
                mesh = mesh.with_scalar(name, values)
    return mesh


def _named_as(file: str, names: Sequence[str]) -> str | None:
    """Name that a file of the run has with its marks (``model_MIRRORED.stl``); None where it is not there."""
    stem, ending = file.rsplit(".", 1)
    named = re.compile(rf"{stem}{_MARKS}\.{ending}")
    return next((name for name in names if named.fullmatch(name)), None)


def _part_colors(count: int) -> list[Color]:
    from ..shape.cut.assembly import COLORS

    chosen = [COLORS[number % len(COLORS)] for number in range(count)]
    return [(red / 255, green / 255, blue / 255) for red, green, blue in chosen]


def marks_in_words(file: str) -> str:
    """Return what the name of a file says of the model's sides and size, for the names of nodes: `` MIRRORED``."""
    found = _MARKED_NAME.fullmatch(file)
    return "" if found is None else found[1].replace("_", " ")


def marks_of_record(record: Mapping[str, Any]) -> str:
    """Return the marks in the names of a run's model files, ``_MIRRORED`` or none."""
    names = [str(one["file"]) for one in record["outputs"]]
    found = [match[1] for name in names if name.startswith("model") and (match := _MARKED_NAME.fullmatch(name))]
    return found[0] if found else ""


def _free(step: str, made: Sequence[Result]) -> str:
    taken, number, role = {one.role for one in made}, 1, step
    while role in taken:
        number += 1
        role = f"{step} {number}"
    return role


def _title(role: str) -> str:
    return role.replace("-", " ").capitalize()


def _bare(image: sitk.Image) -> sitk.Image:
    """Return the image without the texts that a file may have left on it."""
    if not image.GetMetaDataKeys():
        return image
    copy = sitk.Image(image)
    for key in copy.GetMetaDataKeys():
        copy.EraseMetaData(key)
    return copy


def _write_labels(labels: LabelMap, path: Path) -> None:
    image = sitk.Image(_bare(labels.image))
    for number, (label, name) in enumerate(labels.names.items()):
        image.SetMetaData(f"Segment{number}_LabelValue", str(label))
        image.SetMetaData(f"Segment{number}_Name", " ".join(name.split()))
    sitk.WriteImage(image, str(path))
