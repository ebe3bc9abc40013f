"""Running a record again: the same scan, the same recipe, and whether the same files come out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..progress import Progress, silent
from ..record.record import SCHEMA, software
from ..record.salt import KEPT_SALT, PREFIX
from ..record.schema import problems
from ..record.scrub import REMOVED
from .load import is_volume_file
from .papers import RECORD_FILE, REPORT_FILE
from .recipe import Recipe, recipe_from
from .run import RunRequest, RunResult, run

LONGEST_RECORD_BYTES = 100_000_000
"""A record is a few hundred kilobytes; a file so long was chosen by mistake."""
NOT_COMPARED = frozenset({RECORD_FILE, REPORT_FILE})
"""They carry their own number and the time of their making, and so cannot be the same."""
_PICTURES = frozenset({"png"})


@dataclass(frozen=True)
class FileComparison:
    """One file of the record: the hash that it had, and the one that it has now; None where it was not written."""

    file: str
    kind: str
    recorded_sha256: str | None
    replayed_sha256: str | None

    @property
    def same(self) -> bool:
        """Whether both are there and equal."""
        return self.recorded_sha256 is not None and self.recorded_sha256 == self.replayed_sha256

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "file": self.file,
            "kind": self.kind,
            "same": self.same,
            "recorded_sha256": self.recorded_sha256,
            "replayed_sha256": self.replayed_sha256,
        }


@dataclass(frozen=True, eq=False)
class Replay:
    """How a replay went.

    ``reasons`` say what was not as it was when the record was made, in words. ``ids`` are the salted ids of the series
    in the record and now, where the lab's salt was given; None where it was not: a random salt proves nothing.
    """

    files: tuple[FileComparison, ...]
    reasons: tuple[str, ...]
    result: RunResult
    ids: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    @property
    def ids_same(self) -> bool | None:
        """Whether the series is the one of the record by the lab's salt; None where no salt was given."""
        return None if self.ids is None else self.ids[0] == self.ids[1]

    @property
    def same(self) -> bool:
        """Whether every file that can be compared is the same, and the ids, where they can be."""
        return all(one.same for one in self.files) and self.ids_same is not False

    @property
    def model_same(self) -> bool:
        """Whether everything but the pictures is the same."""
        return all(one.same for one in self.files if one.kind not in _PICTURES)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "same": self.same,
            "model_same": self.model_same,
            "ids_same": self.ids_same,
            "ids": None if self.ids is None else {"recorded": list(self.ids[0]), "replayed": list(self.ids[1])},
            "files": [one.to_dict() for one in self.files],
            "reasons": list(self.reasons),
            "not_compared": sorted(NOT_COMPARED),
            "run": self.result.to_dict(),
        }


def read_record(path: Path) -> dict[str, Any]:
    """Read a record and hold it against its schema.

    Raises
    ------
    InputError
        It is missing, no record, of another version, or does not fit its schema.
    """
    if not path.is_file():
        raise InputError(f"There is no record '{path.name}'. Give the record.json of a run.")
    if path.stat().st_size > LONGEST_RECORD_BYTES:
        raise InputError(f"'{path.name}' is too large to be a record. Give the record.json of a run.")
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"'{path.name}' cannot be read as JSON. Give the record.json of a run.") from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise InputError(f"'{path.name}' is no record of the kind {SCHEMA}. Give the record.json of a run.")
    wrong = problems(record)
    if wrong:
        raise InputError(f"'{path.name}' does not fit its schema: {wrong[0]}. Was it edited by hand?")
    return record


def replay(
    record: Mapping[str, Any],
    source: Path,
    output: Path,
    *,
    labels: Path | None = None,
    series: str | None = None,
    salt_file: Path | None = None,
    meshes: Sequence[Path] = (),
    progress: Progress = silent,
) -> Replay:
    """Run the recipe of a record again on its scan and compare the files by their hashes.

    Parameters
    ----------
    record : mapping
        As :func:`read_record` gives it.
    source : Path
        The scan. Its voxels are held against the record before anything is written into place.
    output : Path
        Folder for the new files. An earlier run in it would be replaced, so it must be new or empty.
    labels : Path, optional
        The label map, where the record was made from one.
    series : str, optional
        Id of the series, where the folder holds several: the record has a salted one, which finds none without
        its salt.
    salt_file : Path, optional
        The lab's salt, with which the record was made: it finds the series, and the ids of the new record must be those
        of the old one.
    meshes : sequence of Path
        Other mesh files that the run's steps took: the record has their hashes alone, and they must have these.

    Raises
    ------
    InputError
        The folder is not empty; the salt is missing or was forgotten; scan, label map or other meshes are not those of
        the record; or the recipe names a file whose path the record rightly does not hold.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"'{output.name}' is there already and not empty. Choose a new folder for the replay.")
    made_from_labels = record["segmentation"].get("labels")
    if made_from_labels and labels is None:
        raise InputError("This record was made from a label map: give it with --labels.")
    if labels is not None and not made_from_labels:
        raise InputError("This record was made without a label map: leave --labels out.")
    options = record["run_options"]
    salted = [one["series_id"] for one in record["source"]]
    if salt_file is not None:
        _check_salt(record, salt_file)
        if series is None and salted and salted[0].startswith(PREFIX) and not is_volume_file(source):
            series = salted[0]
    result = run(
        RunRequest(
            input=source,
            output=output,
            recipe=_recipe(record),
            series=series,
            labels=labels,
            label=options.get("label"),
            pictures=options.get("pictures", True),
            keep_steps=options.get("keep_steps", False),
            record_id=record["record_id"],
            expected_voxels=_expected(record),
            salt_file=salt_file,
            meshes=tuple(meshes),
        ),
        progress=progress,
    )
    ids = None
    if salt_file is not None:
        now = json.loads((output / RECORD_FILE).read_text("utf-8"))
        ids = tuple(salted), tuple(one["series_id"] for one in now["source"])
    return Replay(_compared(record, result), tuple(_reasons(record)), result, ids)


def _check_salt(record: Mapping[str, Any], salt_file: Path) -> None:
    """Refuse a salt that is not there, and one for a record whose salt was forgotten: a new one would prove nothing."""
    if not salt_file.is_file():
        raise InputError(f"There is no salt '{salt_file.name}'. Give the file with which the record was made.")
    if (record.get("privacy") or {}).get("uid_salt") != KEPT_SALT:
        raise InputError(
            "This record was made with a random salt that was kept nowhere: leave --salt-file out. Its files can be "
            "compared without."
        )


def _recipe(record: Mapping[str, Any]) -> Recipe:
    if REMOVED in json.dumps(record["recipe"]):
        raise InputError(
            "The recipe of this record names a file, whose path a record does not hold. Use 'run' with the recipe.toml "
            "of that run instead, and compare the hashes with the record."
        )
    return recipe_from(record["recipe"], "the record's recipe")


def _expected(record: Mapping[str, Any]) -> tuple[str | None, str | None]:
    labels = record["segmentation"].get("labels")
    return record["source"][0]["voxels_sha256"], None if labels is None else labels["voxels_sha256"]


def _compared(record: Mapping[str, Any], result: RunResult) -> tuple[FileComparison, ...]:
    before = {item["file"]: item for item in record["outputs"]}
    now = {item.name: item for item in result.outputs}
    return tuple(
        FileComparison(
            name,
            before[name]["kind"] if name in before else now[name].kind,
            before[name]["sha256"] if name in before else None,
            now[name].sha256 if name in now else None,
        )
        for name in [*before, *(name for name in now if name not in before)]
        if name not in NOT_COMPARED
    )


def _reasons(record: Mapping[str, Any]) -> list[str]:
    """What is not as it was: versions of PrintPrep, Python, packages, and the kind of machine."""
    then, now = record["software"], software()
    out = [
        f"{title} was {then[key]}, now it is {now[key]}"
        for key, title in (("printprep", "PrintPrep"), ("python", "Python"), ("platform", "the machine"))
        if then[key] != now[key]
    ]
    names = dict.fromkeys([*then["libraries"], *now["libraries"]])
    for name in names:
        old, new = then["libraries"].get(name), now["libraries"].get(name)
        if old != new:
            out.append(f"{name} was {old or 'not there'}, now it is {new or 'not there'}")
    return out
