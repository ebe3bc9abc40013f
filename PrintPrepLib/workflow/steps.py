"""The table of steps: the one place that knows which steps there are.

The recipe, the command line and the panel are generated from it. A new step is a function in its room and one line
here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ..mesh import Mesh
from ..parameters import ParameterSpec, parameters_of
from ..plan.orient.step import orient
from ..plan.place.step import place
from ..receipt import Receipt
from ..segment.cavities import fill_cavities
from ..segment.interpolate import shape_interpolation
from ..segment.islands import islands
from ..segment.morphology import close_gaps, open_bridges
from ..segment.threshold import threshold
from ..shape.boolean.step import boolean
from ..shape.cut.step import cut
from ..shape.details.step import details
from ..shape.grow import offset
from ..shape.hollow.step import hollow
from ..shape.join.step import join_models
from ..shape.label.step import label
from ..shape.landing.step import landing
from ..shape.mirror.step import carried as carried_by_mirror
from ..shape.mirror.step import mirror
from ..shape.scale import carried as carried_by_scale
from ..shape.scale import scale
from ..shape.solid.step import solid
from ..shape.split.step import split
from ..shape.stand.step import in_parts, stand
from ..shape.strut.step import strut
from ..shape.thicken import thicken
from ..shape.wall.step import wall
from ..surface.fragments import fragments
from ..surface.from_segmentation import make_surface
from ..surface.holes import fill_holes
from ..surface.repair import repair
from ..surface.simplify import simplify
from ..surface.smooth import smooth


class Stage(Enum):
    """What a step takes and gives."""

    SEGMENT = "volume to segmentation"
    LABELS = "segmentation to segmentation"
    SURFACE = "segmentation to mesh"
    MESH = "mesh to mesh"
    PARTS = "mesh to parts"
    PLACE = "mesh to the same mesh, laid for printing"


@dataclass(frozen=True)
class Step:
    """One step as the faces see it. ``name`` is the word in recipes and on the command line.

    ``purposeful`` says that it changes the shape beyond the scan on purpose (a stand, a hollow, a mirror image): what
    was there before the first such step is what is held against the scan. ``moves`` carries another surface along with
    the model, from the step's receipt, where the step transforms space; its receipt then holds ``details["matrix"]``,
    (4, 4), from the coordinates before to those after. ``stage_of`` tells the stage from the
    parameters, where it depends on them.
    """

    name: str
    stage: Stage
    function: Callable[..., Any]
    weight: float = 1.0
    recipe_aliases: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    purposeful: bool = False
    moves: Callable[[Mesh, Receipt], Mesh] | None = None
    stage_of: Callable[[Mapping[str, Any]], Stage] | None = None

    @cached_property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """Every parameter, in the order of the function."""
        return parameters_of(self.function)

    @property
    def help(self) -> str:
        """First sentence of the function's documentation."""
        return (inspect.getdoc(self.function) or self.name).split("\n\n")[0].replace("\n", " ")

    @cached_property
    def takes_voxel(self) -> bool:
        """Whether the step wants to know the voxel size of the scan."""
        return "voxel_mm" in inspect.signature(self.function).parameters

    @cached_property
    def takes_pairs(self) -> bool:
        """Whether the step wants to know the lengths that the recipe wants measured."""
        return "pairs" in inspect.signature(self.function).parameters

    @cached_property
    def takes_other(self) -> bool:
        """Whether the step takes another mesh, of a file that the recipe names."""
        return "other" in inspect.signature(self.function).parameters

    @cached_property
    def takes_proven(self) -> bool:
        """Whether the step wants the surface as it was before anything was changed on purpose."""
        return "proven" in inspect.signature(self.function).parameters


def _stage_of_stand(parameters: Mapping[str, Any]) -> Stage:
    """A cradle that is not joined is a part beside the model; all other stands are one with it."""
    return Stage.PARTS if in_parts(parameters) else Stage.MESH


_TABLE = (
    Step("threshold", Stage.SEGMENT, threshold, 2.0, MappingProxyType({"lower_hu": "lower", "upper_hu": "upper"})),
    Step("islands", Stage.LABELS, islands, 3.0),
    Step("close", Stage.LABELS, close_gaps, 3.0),
    Step("open", Stage.LABELS, open_bridges, 3.0),
    Step("fill-cavities", Stage.LABELS, fill_cavities, 2.0),
    Step("interpolate", Stage.LABELS, shape_interpolation, 4.0),
    Step("surface", Stage.SURFACE, make_surface, 3.0),
    Step("fragments", Stage.MESH, fragments, 1.5),
    Step("repair", Stage.MESH, repair, 3.0),
    Step("holes", Stage.MESH, fill_holes, 1.0),
    Step("smooth", Stage.MESH, smooth, 4.0),
    Step("simplify", Stage.MESH, simplify, 8.0),
    Step("solid", Stage.MESH, solid, 10.0, purposeful=True),
    Step("thicken", Stage.MESH, thicken, 8.0),
    Step("strut", Stage.MESH, strut, 4.0, purposeful=True),
    Step("stand", Stage.MESH, stand, 5.0, purposeful=True, stage_of=_stage_of_stand),
    Step("label", Stage.MESH, label, 3.0, purposeful=True),
    Step("wall", Stage.MESH, wall, 8.0, purposeful=True),
    Step("landing", Stage.MESH, landing, 3.0, purposeful=True),
    Step("mirror", Stage.MESH, mirror, 2.0, purposeful=True, moves=carried_by_mirror),
    Step("scale", Stage.MESH, scale, 0.5, purposeful=True, moves=carried_by_scale),
    Step("offset", Stage.MESH, offset, 6.0, purposeful=True),
    Step("boolean", Stage.MESH, boolean, 3.0, MappingProxyType({"with": "with_file"}), purposeful=True),
    Step("hollow", Stage.MESH, hollow, 10.0, purposeful=True),
    Step("details", Stage.MESH, details, 8.0),
    Step("cut", Stage.PARTS, cut, 5.0),
    Step("split", Stage.PARTS, split, 10.0),
    Step("join", Stage.PARTS, join_models, 6.0),
    Step("orient", Stage.PLACE, orient, 6.0),
    Step("place", Stage.PLACE, place, 2.0),
)

STEPS: Mapping[str, Step] = MappingProxyType({step.name: step for step in _TABLE})
"""All steps by name."""

MESH_STEPS: tuple[Step, ...] = tuple(step for step in _TABLE if step.stage is Stage.MESH)
"""Steps that are commands on mesh files as well."""
