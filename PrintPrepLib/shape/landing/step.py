"""The step ``landing``: flat blocks for the jaws of a caliper where the anatomy is a point or an edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from ...analysis.jaws import landing_mm2
from ...analysis.lengths import CaliperPair
from ...errors import GeometryError, InputError
from ...mesh import Mesh
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial.change import change_between
from ..cut.solid import solid_of
from ..join.bodies import first_clean
from ..split.protect import Protect
from .block import Block, plan_block
from .choose import Wanted, is_flat, pairs_of, wanted_of
from .measured import EXACT_MM, measured_length
from .sizes import BlockSize, block_size
from .words import words_of

if TYPE_CHECKING:
    import manifold3d

DEFAULT_PROCESS = "fdm"
MOST_LENGTHS = 3
"""Lengths that get blocks by themselves: a model of six in PMC9156585 had three blocks."""
ROUND_MM = 0.1
"""A face is raised by up to this so that the planned length is a whole tenth of a millimeter, easy to compare."""


def landing(
    mesh: Mesh,
    *,
    from_mm: Annotated[
        tuple[float, ...] | None, Param("First places of lengths to measure, three numbers each (LPS).", unit="mm")
    ] = None,
    to_mm: Annotated[
        tuple[float, ...] | None, Param("Second places of these lengths, in the same order (LPS).", unit="mm")
    ] = None,
    automatic: Annotated[
        bool | None,
        Param("Blocks for the extents and diameters that the caliper table chooses. Yes where no length is named."),
    ] = None,
    lengths: Annotated[int, Param("Most lengths that get blocks without being named.", low=1, high=7)] = MOST_LENGTHS,
    side_mm: Annotated[
        float | None,
        Param(
            "Side of a block's square face. By the process: 5 mm, less where there is no room.",
            unit="mm",
            low=0.5,
            high=30.0,
        ),
    ] = None,
    rise_mm: Annotated[
        float | None,
        Param(
            "Height of a face above all anatomy that a jaw could meet. By the process.", unit="mm", low=0.2, high=8.0
        ),
    ] = None,
    process: Annotated[str | None, Param("Printing process, which decides on sizes. FDM.")] = None,
    protect_at: Annotated[
        tuple[float, ...] | None,
        Param("Places where nothing may be added: x,y,z and a radius for each.", unit="mm"),
    ] = None,
    protect: Mesh | None = None,
    protect_mm: Annotated[
        float, Param("No block comes nearer to a protected mesh than this.", unit="mm", low=0.0, high=500.0)
    ] = 0.5,
    pairs: Sequence[CaliperPair] = (),
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Add small flat blocks where a length to be measured on the print ends on a point or an edge.

    Each block's face is square to its length, above all anatomy that a jaw could meet, and its foot stands in one piece
    of anatomy (see :func:`~PrintPrepLib.shape.landing.block.plan_block`). Where a length has an end that can carry no
    block it gets none at all, and the receipt says why. The lengths between the faces are measured on the result.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward surface, LPS mm.
    pairs : sequence of CaliperPair
        Lengths with names, as a recipe's tables ``[[caliper]]`` have them, beside those of ``from_mm`` and ``to_mm``.
    protect : Mesh, optional
        Anatomy that no block may touch.

    Returns
    -------
    mesh : Mesh
        The same object where no block is needed.
    receipt : Receipt
        ``details["blocks"]`` lists what is not anatomy: place, direction, size, volume. ``details["lengths"]`` has what
        is planned and what was measured between the faces; ``details["refused"]`` the ends without a block and why.

    Raises
    ------
    InputError
        A place lies off the model, the process is unknown, or a size is out of range.
    GeometryError
        The mesh is no closed solid, no block that is needed can be set, or the result failed its check.
    """
    watch = Stopwatch()
    asked: dict[str, Any] = {
        "from_mm": from_mm, "to_mm": to_mm, "automatic": automatic, "lengths": lengths, "side_mm": side_mm,
        "rise_mm": rise_mm, "process": process or DEFAULT_PROCESS, "protect_at": protect_at, "protect_mm": protect_mm,
    }  # fmt: skip
    size = block_size(asked["process"], side_mm, rise_mm)
    keep = _protect(protect_at, protect, protect_mm)
    named = (*pairs, *pairs_of(from_mm, to_mm))
    progress(0.0, "Looking for places without a landing")
    solid = solid_of(mesh, part(progress, 0.0, 0.2))
    model = solid.mesh
    wanted = wanted_of(model, named, not named if automatic is None else automatic)
    work = _Work(solid.manifold, size, keep)
    chosen = 0
    for number, one in enumerate(wanted):
        progress(0.2 + 0.4 * number / len(wanted), "Setting landing blocks")
        if any(one.needs) and (one.asked or chosen < lengths):
            chosen += work.set(one) and not one.asked
    if work.refused and not work.blocks:
        raise GeometryError(f"No landing block can be set. {' '.join(row['words'] for row in work.refused)}")
    before = measure_mesh(mesh)
    if not work.blocks:
        notes, warnings = words_of({"blocks": [], "lengths": [], "refused": []}, len(wanted))
        return mesh, Receipt("landing", asked, watch.seconds, before, before, None, notes, warnings, work.details())
    out = _fused(mesh, work)
    details = work.details() | {"repaired": None if solid.repaired is None else solid.repaired.to_dict()}
    _measure(out, details)
    progress(0.8, "Measuring")
    change = change_between(model, out, part(progress, 0.8, 1.0))
    after = measure_mesh(out)
    _same_topology(measure_mesh(model), after)
    notes, warnings = words_of(details, len(wanted))
    return out, Receipt("landing", asked, watch.seconds, before, after, change, notes, warnings, details)


@dataclass(eq=False)
class _Work:
    """Blocks that stand so far, their lengths, and what was refused."""

    model: manifold3d.Manifold
    size: BlockSize
    protect: Protect | None
    blocks: list[Block] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def set(self, wanted: Wanted) -> bool:
        """Set the blocks of a length; none of them where one can not be set."""
        length = wanted.length
        model = self.model
        new: list[tuple[int, Block]] = []
        for end in (0, 1):
            if not wanted.needs[end]:
                continue
            at, outward = wanted.end(end)
            others = [*self.blocks, *(block for _, block in new)]
            block = plan_block(model, at, outward, self.size, others, self.protect)
            if isinstance(block, str):
                place = ", ".join(f"{value:.1f}" for value in at)
                self.refused.append({
                    "length": length.name, "end": ("from", "to")[end], "at_mm": at.tolist(), "reason": block,
                    "words": f"'{length.name}' gets no block at ({place}) mm: {block}",
                })  # fmt: skip
                return False
            new.append((end, block))
            model = model + block.solid()
        ends = [
            at + rest * outward for (at, outward), rest in zip(map(wanted.end, (0, 1)), wanted.rest_mm, strict=True)
        ]
        for end, block in new:
            ends[end] = block.middle_mm
        planned = float((ends[1] - ends[0]) @ length.along)
        more = float(np.ceil(planned / ROUND_MM - 1e-9) * ROUND_MM - planned)
        last, raised = new[-1][0], new[-1][1].raised(more)
        new[-1] = (last, raised)
        ends[last] = raised.middle_mm
        numbers: list[int | None] = [None, None]
        for end, block in new:
            self.blocks.append(block)
            numbers[end] = len(self.blocks)
            self.model = self.model + block.solid()
        self.rows.append({
            "name": length.name, "kind": length.kind.value, "from_mm": ends[0].tolist(), "to_mm": ends[1].tolist(),
            "along": length.along.tolist(), "blocks": numbers, "flat": is_flat(length),
            "anatomy_mm": length.length_mm, "planned_mm": planned + more, "measured_mm": None,
        })  # fmt: skip
        return True

    def details(self) -> dict[str, Any]:
        """Lists for the receipt."""
        return {
            "not_anatomy": f"{len(self.blocks)} landing blocks",
            "blocks": [
                {
                    "number": number, "at_mm": block.at_mm.tolist(), "outward": block.outward.tolist(),
                    "face_at_mm": block.middle_mm.tolist(), "side_mm": block.side_mm, "height_mm": block.face_mm,
                    "sunk_mm": block.sunk_mm, "added_ml": block.added_mm3 / 1000.0, "covered_mm2": block.covered_mm2,
                    "joint_mm2": block.joint_mm2,
                }
                for number, block in enumerate(self.blocks, 1)
            ],
            "lengths": self.rows,
            "refused": self.refused,
        }  # fmt: skip


def _protect(places: Sequence[float] | None, mesh: Mesh | None, distance_mm: float) -> Protect | None:
    if len(places or ()) % 4:
        raise InputError(f"A protected place needs x,y,z and a radius, four numbers; got {len(places or ())} in all.")
    rows = np.reshape(np.array(places or (), np.float64), (-1, 4)).tolist()
    if not rows and mesh is None:
        return None
    return Protect(tuple(((x, y, z), radius) for x, y, z, radius in rows), mesh, distance_mm)


def _fused(mesh: Mesh, work: _Work) -> Mesh:
    found = first_clean((work.model,), mesh.name)
    if found is None:
        raise GeometryError(
            "With the landing blocks the surface would cross itself in a file. Repair or simplify the model first, or "
            "choose other places."
        )
    return found[1].mesh.with_name(mesh.name)


def _measure(out: Mesh, details: dict[str, Any]) -> None:
    """Measure lengths and landings on the result, into the lists."""
    blocks = {row["number"]: row for row in details["blocks"]}
    for row in blocks.values():
        row["landing_mm2"] = landing_mm2(out, np.array(row["face_at_mm"]), np.array(row["outward"]))
    for row in details["lengths"]:
        measured = measured_length(out, row, blocks)
        if not abs(measured - row["planned_mm"]) <= EXACT_MM:
            raise GeometryError(
                f"'{row['name']}' measures {measured:.3f} mm between its landing blocks, where {row['planned_mm']:.3f} "
                "mm were planned: other anatomy or another block is in the way of a jaw. Choose other places, or fewer "
                "lengths."
            )
        row["measured_mm"] = measured


def _same_topology(before: Any, after: Any) -> None:
    if (before.parts, before.genus) != (after.parts, after.genus) or after.open_edges or after.non_manifold_edges:
        raise GeometryError(
            f"With the landing blocks the model would have {after.parts} shells and {after.genus} tunnels in place of "
            f"{before.parts} and {before.genus}: something would be bridged or closed. Nothing was changed."
        )
