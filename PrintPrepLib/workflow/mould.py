"""Moulds: whether what they form can leave each of their parts."""

from __future__ import annotations

import numpy as np

from ..analysis.undercut import Undercut, undercut, words_of
from ..errors import InputError
from ..finding import Finding, Severity
from ..progress import Progress, part, silent
from ..receipt import plain
from ..shape.cut.assembly import PartKind
from .chain import ChainState

CODE = "mould-release"


def mould_findings(state: ChainState, progress: Progress = silent) -> list[Finding]:
    """Judge for each part of a mould that was cut in two whether a rigid part leaves it square to the cut.

    Nothing where no step made a negative, or the mould was not cut.
    """
    made = any(
        receipt.operation == "boolean" and plain(receipt.parameters).get("operation") == "negative"
        for receipt in state.receipts
    )
    if not made or state.assembly is None or state.proven is None:
        return []
    found = []
    bodies = [number for number, item in enumerate(state.assembly.parts) if item.kind is PartKind.BODY]
    for place, number in enumerate(bodies):
        item = state.assembly.parts[number]
        share = part(progress, place / len(bodies), (place + 1) / len(bodies))
        ways = [
            (1.0 if seam.below == number else -1.0) * np.asarray(seam.plane.normal)
            for seam in state.assembly.seams
            if number in (seam.below, seam.above)
        ]
        if not ways:
            continue
        way = np.sum(ways, axis=0)
        if not np.linalg.norm(way) > 1e-6:
            continue
        try:
            measured = undercut(item.mesh, state.proven, tuple(way.tolist()), progress=share)
        except InputError:
            continue  # this part of the mould does not touch what it forms
        found.append(_finding(measured, item.name))
    return found


def _finding(measured: Undercut, name: str) -> Finding:
    where = measured.places[0][:3] if measured.places and not measured.free else None
    return Finding(
        CODE,
        Severity.PASS if measured.free else Severity.WARN,
        words_of(measured, f"'{name}'"),
        round(measured.blocked_percent, 1),
        0.0,
        "%",
        where,
        ""
        if measured.free
        else "Cut elsewhere or into more parts, fill the undercut, or cast something soft enough to be pulled over it.",
    )
