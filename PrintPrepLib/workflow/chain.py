"""Runs the steps of a recipe one after the other, and collects their receipts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import RecipeError
from ..mesh import FloatArray, Mesh
from ..plan.place.step import Placed, place_all
from ..profiles.fits import fit_materials
from ..profiles.printers import printer
from ..progress import Progress, part, silent
from ..receipt import Receipt
from ..record.calipers import carried
from ..segment.segmentation import Segmentation
from ..shape.cut.assembly import Assembly
from ..volume import Volume
from .recipe import Recipe, StepCall, make_call
from .steps import STEPS, Stage, Step

PLACE_PARTS = "place"
"""The step that may follow a cut: it lays all parts beside one another."""
_SHAPERS = ("smooth", "simplify")
"""Steps that give the surface another shape on purpose; what was there before them is the reference of the proof."""


@dataclass(frozen=True, eq=False)
class ChainState:
    """What there is after a step.

    ``reference`` is the surface before the first step that smooths or simplifies: what the result is held against.
    ``assembly`` is there once the model was cut into parts; ``mesh`` is then the whole before the cut.
    ``laid`` is the model as it lies on the printer; ``mesh`` is as it was before. ``placed`` are parts as they lie.

    ``proven`` is there once a step changed the shape beyond the scan on purpose: the surface before the first such
    step, which is what can be held against the scan. It lies where the model lies: steps that transform space carry it
    along. ``proven_in_patient`` is the same surface in the patient's coordinates, ``to_model`` (4, 4) leads from these
    to the model's (None: they are the same), and ``proven_receipts`` counts the receipts up to that surface.
    """

    volume: Volume | None = None
    segmentation: Segmentation | None = None
    mesh: Mesh | None = None
    reference: Mesh | None = None
    assembly: Assembly | None = None
    laid: Mesh | None = None
    placed: Placed | None = None
    receipts: tuple[Receipt, ...] = ()
    proven: Mesh | None = None
    proven_in_patient: Mesh | None = None
    to_model: FloatArray | None = None
    proven_receipts: int | None = None


def completed(recipe: Recipe, *, has_segmentation: bool) -> Recipe:
    """Return the recipe as it will be run: a surface step where one is needed and missing, no threshold where a ready
    segmentation is at hand.

    Raises
    ------
    RecipeError
        The order makes no sense: a label step after a surface step, anything after a cut, or no way to a segmentation.
    """
    calls: list[StepCall] = []
    stage = Stage.LABELS if has_segmentation else Stage.SEGMENT
    for number, call in enumerate(recipe.steps, 1):
        wanted = call.stage
        where = f"step {number} ({call.step.name})"
        if stage is Stage.PARTS:
            if call.step.name == PLACE_PARTS:
                calls.append(call)
                stage = Stage.PLACE
                continue
            if wanted is Stage.PLACE:
                raise RecipeError(
                    f"{where}: the model is in parts. Lay them beside one another with the step place, or each by "
                    "itself: printprep orient PART -o FILE."
                )
            raise RecipeError(f"{where} comes too late: the model is in parts already. Move it before the cut.")
        if stage is Stage.PLACE:
            last = recipe.steps[number - 2].step.name
            raise RecipeError(f"{where} comes after {last}, which must be the last step. Move it before {last}.")
        if call.step.name == "mirror" and any(one.step.name == "label" for one in recipe.steps[: number - 1]):
            raise RecipeError(f"{where} comes after label and would mirror its text. Move it before the label.")
        if wanted is Stage.SEGMENT:
            if stage is Stage.MESH or (stage is Stage.LABELS and not has_segmentation):
                raise RecipeError(f"{where} comes too late: there is a segmentation already. Move it to the front.")
            if has_segmentation:
                continue
            stage = Stage.LABELS
        elif stage is Stage.SEGMENT:
            raise RecipeError(f"{where} needs a segmentation. Put a threshold step before it, or give a label map.")
        elif wanted is Stage.LABELS and stage is Stage.MESH:
            raise RecipeError(f"{where} works on the segmentation: move it before the surface step.")
        elif wanted is Stage.SURFACE and stage is Stage.MESH:
            raise RecipeError(f"{where} comes twice: there is a surface already.")
        elif wanted in (Stage.MESH, Stage.PARTS, Stage.PLACE) and stage is Stage.LABELS:
            calls.append(_surface())
            stage = wanted
        elif wanted in (Stage.PARTS, Stage.PLACE):
            stage = wanted
        elif wanted is Stage.SURFACE:
            stage = Stage.MESH
        calls.append(call)
    if stage is Stage.SEGMENT:
        raise RecipeError("The recipe makes no segmentation. Add a threshold step, or give a label map.")
    if stage is Stage.LABELS:
        calls.append(_surface())
    return replace(recipe, steps=tuple(calls))


def run_chain(
    recipe: Recipe,
    state: ChainState,
    *,
    progress: Progress = silent,
    after_segmentation: Callable[[Segmentation], None] | None = None,
    after_step: Callable[[int, StepCall, ChainState], None] | None = None,
    done: int = 0,
) -> ChainState:
    """Run a completed recipe.

    Parameters
    ----------
    recipe : Recipe
        As :func:`completed` gave it.
    state : ChainState
        With a volume, a segmentation, or both.
    after_segmentation : callable, optional
        Told of the segmentation when the last step on it is done.
    after_step : callable, optional
        Told of every step when it is done: its number from 1, the step, and what there is now.
    done : int
        So many steps have been run already: ``state`` is what they gave.

    Returns
    -------
    ChainState
        With the mesh and all receipts.
    """
    total = sum(call.step.weight for call in recipe.steps)
    behind = sum(call.step.weight for call in recipe.steps[:done])
    for number, call in enumerate(recipe.steps[done:], done + 1):
        share = part(progress, behind / total, (behind + call.step.weight) / total)
        behind += call.step.weight
        if call.stage is Stage.SURFACE and after_segmentation is not None and state.segmentation is not None:
            after_segmentation(state.segmentation)
        state = _apply(call, state, recipe, share)
        if after_step is not None:
            after_step(number, call, state)
    return state


def _apply(call: StepCall, state: ChainState, recipe: Recipe, progress: Progress) -> ChainState:
    parameters: dict[str, Any] = dict(call.parameters)
    if call.step.takes_voxel and state.segmentation is not None:
        parameters["voxel_mm"] = min(state.segmentation.labels.spacing_mm)
    if call.stage is Stage.SEGMENT:
        assert state.volume is not None
        segmentation, receipt = call.step.function(state.volume, **parameters, progress=progress)
        return replace(state, segmentation=segmentation, receipts=(*state.receipts, receipt))
    if call.stage is Stage.LABELS:
        segmentation, receipt = call.step.function(state.segmentation, **parameters, progress=progress)
        return replace(state, segmentation=segmentation, receipts=(*state.receipts, receipt))
    if call.stage is Stage.PARTS:
        take_from_recipe(parameters, recipe)
        assert state.mesh is not None
        assembly, receipt = call.step.function(state.mesh.with_name("model"), **parameters, progress=progress)
        return replace(state, assembly=assembly, receipts=(*state.receipts, receipt))
    if call.stage is Stage.PLACE:
        assert state.mesh is not None
        if recipe.printer and parameters.get("printer") is None and parameters.get("process") is None:
            parameters["printer"] = recipe.printer
        if state.assembly is not None:
            placed = place_all([item.mesh for item in state.assembly.parts], **parameters, progress=progress)
            return replace(state, placed=placed, receipts=(*state.receipts, placed.receipt))
        laid, receipt = call.step.function(state.mesh, **parameters, progress=progress)
        return replace(state, laid=laid, receipts=(*state.receipts, receipt))
    source = state.segmentation if call.stage is Stage.SURFACE else state.mesh
    take_from_recipe(parameters, recipe)
    if call.step.takes_pairs:
        parameters["pairs"] = carried(recipe.calipers, state.to_model)
    if call.step.takes_other:
        parameters["other"] = recipe.meshes.get(parameters.get("with_sha256") or "")
    if call.step.takes_proven:
        parameters["proven"] = state.mesh if state.proven is None else state.proven
    mesh, receipt = call.step.function(source, **parameters, progress=progress)
    reference = state.reference
    if call.step.name in _SHAPERS and reference is None and state.proven is None:
        reference = state.mesh
    state = _with_proven(state, call.step, receipt)
    return replace(state, mesh=mesh, reference=reference, receipts=(*state.receipts, receipt))


def _with_proven(state: ChainState, step: Step, receipt: Receipt) -> ChainState:
    """Keep the surface before the first step that changes the shape on purpose, and carry it where the model goes."""
    if step.purposeful and state.proven is None:
        seen = state.mesh
        state = replace(state, proven=seen, proven_in_patient=seen, proven_receipts=len(state.receipts))
    if step.moves is None or state.proven is None:
        return state
    matrix = np.asarray(receipt.details["matrix"], np.float64)
    whole = matrix if state.to_model is None else matrix @ state.to_model
    return replace(state, proven=step.moves(state.proven, receipt), to_model=whole)


def take_from_recipe(parameters: dict[str, object], recipe: Recipe) -> None:
    """Fill in the printer, its process and the material where the step leaves them open, in place."""
    if not recipe.printer:
        return
    chosen = printer(recipe.printer)
    if parameters.get("process", "") is None:
        parameters["process"] = chosen.process
        known = fit_materials(chosen.process)
        if parameters.get("material", "") is None and recipe.material.lower() in known:
            parameters["material"] = recipe.material.lower()
    if parameters.get("printer", "") is None and parameters.get("volume_mm") is None:
        parameters["printer"] = recipe.printer


def _surface() -> StepCall:
    return make_call(STEPS["surface"], {}, "surface")
