"""Several models of one patient: their contacts fitted before the cut, and told of the parts after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from ...errors import InputError
from ...mesh import Mesh
from ...progress import Progress, part, silent
from ...receipt import Receipt
from ..join.contact import ContactMode, fit_contact
from ..join.near import contact_report
from .assembly import Assembly


def fit_all(
    models: Sequence[Mesh], mode: ContactMode | None, amount_mm: float, progress: Progress = silent
) -> tuple[list[Mesh], list[Receipt]]:
    """Fit every two models that touch or overlap, in their order; return the models and a receipt for each pair.

    Raises
    ------
    InputError
        A contact was asked for and there is only one model.
    """
    if mode is None:
        return list(models), []
    if len(models) < 2:
        raise InputError("A contact is between two models: give several, or leave the contact out.")
    out, receipts = list(models), []
    pairs = list(combinations(range(len(models)), 2))
    for number, (a, b) in enumerate(pairs):
        share = part(progress, number / len(pairs), (number + 1) / len(pairs))
        near = contact_report([out[a], out[b]])
        if not near or (near[0].touching_mm2 <= 0.0 and near[0].overlap_mm3 <= 0.0):
            continue
        (out[a], out[b]), receipt = fit_contact(out[a], out[b], mode=mode, amount_mm=amount_mm, progress=share)
        receipts.append(receipt)
    return out, receipts


def with_contacts(
    receipt: Receipt, assembly: Assembly, fitted: Sequence[Receipt], *, several: bool, progress: Progress = silent
) -> Receipt:
    """Add how every two parts touch, overlap or stand apart to the receipt of a cut through several models."""
    if not several:
        return receipt
    parts = assembly.bodies
    pairs = contact_report([item.mesh for item in parts], progress)
    told = [pair.to_dict() for pair in pairs]
    overlap = sum(pair.overlap_mm3 for pair in pairs)
    notes = [f"{len(pairs)} pairs of parts are near each other; together they overlap by {overlap:.3g} mm3."]
    notes += [note for one in fitted for note in one.notes]
    warnings = [warning for one in fitted for warning in one.warnings]
    details = dict(receipt.details) | {"contacts": told, "contact_fits": [one.to_dict() for one in fitted]}
    return replace(receipt, notes=(*receipt.notes, *notes), warnings=(*receipt.warnings, *warnings), details=details)
