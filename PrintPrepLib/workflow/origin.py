"""What another program knows of a scan that it hands over as a volume file: its source, its files, what it found.

3D Slicer does so: the scene holds voxels, not files. With this a run says in its record where the scan came from, and
searches what it writes for the identifying values of the DICOM files behind it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import InputError
from ..finding import Finding, Severity
from ..receipt import plain
from ..volume import Source

SCHEMA = "printprep-origin/1"
LONGEST_BYTES = 20_000_000
"""A thousand file names are a hundred kilobytes; a file this long was chosen by mistake."""


@dataclass(frozen=True)
class Origin:
    """What is known of the scan.

    Attributes
    ----------
    source : Source
        Kind, modality, id and facts of the scan itself, and what was found when it was handed over; no identity.
    findings : tuple of Finding
        Further ones, for example about segments.
    files : tuple of Path
        DICOM files of the scan, empty where they are not known.
    search : bool
        Whether what is written is searched for the identifying values of ``files``. False for a run whose results stay
        in the other program.
    parent_record : str, optional
        Id of the record that the new one revises.
    """

    source: Source
    findings: tuple[Finding, ...] = ()
    files: tuple[Path, ...] = ()
    search: bool = True
    parent_record: str | None = None

    def of(self, read: Source) -> Source:
        """Return the source of a volume file as it is known here."""
        return replace(
            read,
            kind=self.source.kind or read.kind,
            modality=self.source.modality or read.modality,
            series_id=self.source.series_id or read.series_id,
            facts=MappingProxyType({**read.facts, **self.source.facts}),
            findings=(*read.findings, *self.source.findings),
        )

    @property
    def told(self) -> tuple[Finding, ...]:
        """All findings."""
        return (*self.source.findings, *self.findings)

    def folder(self) -> Path:
        """Return the folder that all files lie in."""
        return Path(os.path.commonpath([file.parent for file in self.files]))

    def to_json(self) -> str:
        """Return the text for :func:`load_origin`. It holds paths: it is for one run on this computer."""
        source = self.source
        return json.dumps(
            {
                "schema": SCHEMA,
                "kind": source.kind,
                "modality": source.modality,
                "series_id": source.series_id,
                "facts": plain(source.facts),
                "source_findings": [one.to_dict() for one in source.findings],
                "findings": [one.to_dict() for one in self.findings],
                "files": [str(file) for file in self.files],
                "search": self.search,
                "parent_record": self.parent_record,
            }
        )


def load_origin(path: Path) -> Origin:
    """Read what :meth:`Origin.to_json` wrote.

    Raises
    ------
    InputError
        Missing, or not what it should be.
    """
    if not path.is_file() or path.stat().st_size > LONGEST_BYTES:
        raise InputError(f"There is no description of the scan's origin '{path.name}'. Check the path of --origin.")
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["schema"] != SCHEMA or not isinstance(data["facts"], dict):
            raise ValueError(SCHEMA)
        source = Source(
            _text(data["kind"]), _text(data["modality"]), _text(data["series_id"]), MappingProxyType(data["facts"]),
            _findings(data["source_findings"]),
        )  # fmt: skip
        parent = data["parent_record"]
        return Origin(
            source,
            _findings(data["findings"]),
            tuple(Path(_text(file)) for file in data["files"]),
            search=bool(data["search"]),
            parent_record=None if parent is None else _text(parent),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"'{path.name}' does not describe the origin of a scan as '{SCHEMA}' does. It is written by the program "
            "that hands a scan over."
        ) from error


def finding_from(data: Mapping[str, Any]) -> Finding:
    """Return a finding from its JSON values."""
    where = data.get("where")
    return Finding(
        _text(data["code"]),
        Severity(data["severity"]),
        _text(data["message"]),
        data.get("measured"),
        data.get("limit"),
        _text(data.get("unit") or ""),
        None if where is None else (float(where[0]), float(where[1]), float(where[2])),
        _text(data.get("advice") or ""),
    )


def _findings(rows: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(finding_from(row) for row in rows)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value
