"""The holes of a surface as a list to look at: what was closed, what is left, and what repair would do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import GeometryError
from ..mesh import Mesh
from .holes import LISTED, close_holes, holes

CLOSED, LEFT, DROPPED = "closed", "left open", "sheet dropped"
WOULD_CLOSE, WOULD_REFUSE = "would close", "would refuse"
_ORDER = (WOULD_REFUSE, WOULD_CLOSE, LEFT, DROPPED, CLOSED)
"""What needs a decision comes first."""


def open_holes(mesh: Mesh) -> list[dict[str, Any]]:
    """List the holes that a surface has now and what repair would do with each; nothing is changed.

    Returns
    -------
    list of dict
        At most :data:`LISTED` rows, the largest first: ``center_mm`` (LPS), ``diameter_mm``, ``area_mm2``,
        ``perimeter_mm``, ``vertices``, ``piece``, and ``state``: "would close" or "would refuse".
    """
    found = holes(mesh)
    if not found:
        return []
    try:
        closed = {hole.center_mm for hole, _depth in close_holes(mesh).closed}
    except GeometryError:
        closed = set()
    return [
        hole.to_dict() | {"state": WOULD_CLOSE if hole.center_mm in closed else WOULD_REFUSE} for hole in found[:LISTED]
    ]


def holes_of_receipts(
    receipts: Sequence[Mapping[str, Any]], still_open: Sequence[Mapping[str, Any]] | None = None
) -> tuple[list[dict[str, Any]], int]:
    """List what the steps ``repair`` and ``holes`` say about holes, what needs a decision first.

    Parameters
    ----------
    receipts : sequence of mapping
        As plain values, in order. What a step left open and a later one closed is told once, as closed.
    still_open : sequence of mapping
        As :func:`open_holes` gave them for the model as it is; None where that is not known, and the receipts tell.

    Returns
    -------
    rows : list of dict
        With ``number`` from 1, ``state``, ``step`` (empty where none touched it), ``center_mm`` and what is known.
    total : int
        All holes, also those that receipts only count.
    """
    rows: list[dict[str, Any]] = []
    left: list[dict[str, Any]] = []
    total = 0
    for receipt in receipts:
        step = str(receipt["operation"])
        for told in _told(receipt):
            rows += [{**one, "state": CLOSED, "step": step} for one in told.get("closed", ())]
            rows += [{**one, "state": DROPPED, "step": step} for one in told.get("sheets_dropped", ())]
            total += int(told.get("closed_total", 0)) + int(told.get("sheets_dropped_total", 0))
            left = [{**one, "state": LEFT, "step": step} for one in told.get("left_open", ())]
    now = left if still_open is None else [{**one, "step": ""} for one in still_open]
    rows += now
    total += len(now)
    rows.sort(key=lambda one: (_ORDER.index(one["state"]), -float(one.get("diameter_mm") or 0.0)))
    return [{**one, "number": number} for number, one in enumerate(rows, 1)], total


def _told(receipt: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the parts of a receipt that speak of holes."""
    details = receipt.get("details") or {}
    if receipt["operation"] == "holes":
        return [details]
    if receipt["operation"] == "repair":
        return [rung for rung in details.get("rungs", ()) if "closed_total" in rung]
    return []
