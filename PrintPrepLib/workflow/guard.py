"""The search for patient data that a run does by itself before it says that it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ExportError, InputError
from ..export import OutputFolder
from ..finding import Finding, Severity
from ..progress import Progress, part, silent
from ..record.identity import SourceIdentity, file_identity, source_identity
from ..record.privacy import IdentityHit, Searched, search_files
from ..record.protect import identity_values, protected
from ..record.salt import Salt, new_salt
from .origin import Origin

ON_HIT = ("refuse", "report")
"""What a run does where patient data would be in its files: write nothing, or write and say so."""
NOT_ASKED = "Patient data is searched for when the files are exported; these results have not left the scene."
NO_FILES = (
    "The DICOM files of this scan are not known here: there was nothing to search for. Look through the names of parts "
    "and the texts that you typed yourself before you give anything away."
)
_NAMED = 6
"""Places that are named in a message."""
_ATTRIBUTES = 12
"""Attributes that the record names for each reason of not searching; all are told by ``printprep privacy``."""


@dataclass
class Guard:
    """Knows what the source holds, and what was searched so far.

    Parameters
    ----------
    identities : list of SourceIdentity
        Of the scan, and of the label map where there is one.
    salt : Salt
        For the ids in the record.
    on_hit : str
        One of :data:`ON_HIT`.
    identity : dict, optional
        Values that were asked for.
    why_not : str
        Why nothing is searched, where that is so.
    """

    identities: list[SourceIdentity]
    salt: Salt
    on_hit: str = "refuse"
    identity: dict[str, str] | None = None
    why_not: str = ""
    _searched: set[str] = field(default_factory=set)
    _hits: list[IdentityHit] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        source: Path,
        files: Sequence[Path],
        *,
        labels: Path | None = None,
        salt: Salt | None = None,
        on_hit: str = "refuse",
        include_identity: bool = False,
        origin: Origin | None = None,
        progress: Progress = silent,
    ) -> Guard:
        """Read what the source of a run holds.

        Parameters
        ----------
        source : Path
            What the user pointed at.
        files : sequence of Path
            Files of the series that was read; empty for a volume file.
        origin : Origin, optional
            Of a volume file: the DICOM files behind it. It and its label map were made for the run, so that their own
            names and texts tell nothing.

        Raises
        ------
        InputError
            An unknown word, or identity asked for of a source without any.
        """
        if on_hit not in ON_HIT:
            raise InputError(f"'{on_hit}' is not known. Choose from: {', '.join(ON_HIT)}.")
        if origin is not None:
            files = origin.files
        identity = identity_values(files) if include_identity else None
        if origin is not None:
            why_not = NOT_ASKED if not origin.search else "" if files else NO_FILES
            read = [] if why_not else [source_identity(origin.folder(), files=files, progress=progress)]
            return cls(read, salt or new_salt(), on_hit, identity, why_not)
        of_source = source_identity(source, files=files, progress=progress) if files else file_identity(source)
        identities = [of_source] if labels is None else [of_source, file_identity(labels)]
        return cls(identities, salt or new_salt(), on_hit, identity)

    def search(self, out: OutputFolder, progress: Progress = silent) -> Finding:
        """Search what was written since the last time.

        Raises
        ------
        ExportError
            Something was found, it was not asked for, and it is to be refused.
        """
        names = set(out.names) - self._searched
        for number, identity in enumerate(self.identities):
            share = part(progress, number / len(self.identities), (number + 1) / len(self.identities))
            self._hits += search_files(out.folder_now, identity, names=names, progress=share).hits
        self._searched |= names
        if self._hits and self.identity is None and self.on_hit == "refuse":
            raise ExportError(
                f"Patient data would be in what is written: {_places(self._hits)}. Nothing was written. Take it out of "
                "the case code, the names and the label map; ask for it with --include-identity; or, if it is a chance "
                "likeness, let the files be written and marked with --privacy report."
            )
        return self._finding()

    def record(self, record: dict[str, Any], series_ids: Sequence[str]) -> dict[str, Any]:
        """Return the record as it may be written."""
        return protected(
            record, series_ids=series_ids, salt=self.salt, privacy=self._searched_so_far(), identity=self.identity
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what was searched and found as plain JSON values, without any value of the source.

        ``clean`` is None where nothing was searched, and ``why_not`` says why.
        """
        data = self._summary().to_dict()
        return {**data, "clean": None, "why_not": self.why_not} if self.why_not else data

    def _searched_so_far(self) -> dict[str, Any]:
        data = self.to_dict()
        for row in data["not_searched"]:
            names = row["attributes"]
            row["attributes"] = names[:_ATTRIBUTES] + (["and more"] if len(names) > _ATTRIBUTES else [])
        return data

    def _summary(self) -> Searched:
        unsearched = [
            {"reason": one.reason, "values": one.values, "attributes": list(one.where)}
            for identity in self.identities
            for one in identity.unsearched
        ]
        values = sum(identity.values for identity in self.identities)
        return Searched(tuple(self._hits), values, len(self._searched), tuple(unsearched))

    def _finding(self) -> Finding:
        done = self._summary()
        if self.identity is not None:
            also = f" It is also in {_places(self._hits)}." if self._hits else ""
            return Finding(
                "identity-included", Severity.INFO,
                f"Patient data was asked for with --include-identity: record.json holds {', '.join(self.identity)}."
                f"{also}",
                advice="Handle these files as a patient's documents.",
            )  # fmt: skip
        if self.why_not:
            return Finding("patient-data", Severity.NOT_RUN, self.why_not)
        if self._hits:
            return Finding(
                "patient-data", Severity.FAIL,
                f"Patient data of the source is in what was written: {_places(self._hits)}.",
                measured=len(self._hits), limit=0,
                advice="Take it out and run again before anything is given away.",
            )  # fmt: skip
        left = sum(int(str(row["values"])) for row in done.unsearched)
        return Finding(
            "patient-data", Severity.PASS,
            f"None of {done.values} identifying values of the source was found in {done.files} files. {left} values "
            "were too short or too common to be looked for; the record says which. What is drawn is not read.",
            measured=0, limit=0,
        )  # fmt: skip


def _places(hits: Sequence[IdentityHit]) -> str:
    named = dict.fromkeys(f"{hit.file} ({', '.join(hit.where[:2]) or hit.member})" for hit in hits)
    more = f" and {len(named) - _NAMED} more places" if len(named) > _NAMED else ""
    return ", ".join(list(named)[:_NAMED]) + more
