"""Results of a study in the scene: one a step, in order, with undo, and marks on those that are out of date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..finding import Finding, Severity
from ..mesh import Mesh
from ..receipt import Receipt
from .hashes import InputNode, content_of, inputs_of, inputs_text
from .models import MODEL_COLOR, fill_model, hide_scalars, remove_model
from .study import RESULT_REFERENCE, STUDY, Study, clean, folder_of, members, put_into, read_text, tree_of, write_text

ROLE = "PrintPrep.role"
ORDER = "PrintPrep.order"
INPUTS = "PrintPrep.inputs"
VERSION = "PrintPrep.version"
"""Attributes of result nodes, beside the id of the study."""
INPUT_REFERENCE = "PrintPrep.input"

Color = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Result:
    """What one step left in the scene: one model node, or several after a cut."""

    role: str
    order: int
    nodes: tuple[Any, ...]
    receipts: tuple[Mapping[str, Any], ...]

    @property
    def node(self) -> Any:
        """The first model node."""
        return self.nodes[0]


def add_result(
    study: Study,
    role: str,
    meshes: Mesh | Sequence[Mesh],
    *,
    receipts: Sequence[Receipt | Mapping[str, Any]] = (),
    inputs: Sequence[InputNode] = (),
    colors: Sequence[Color] = (),
    title: str = "",
    last: bool = False,
) -> Result:
    """Put the result of a step into the scene and show it in place of the former ones.

    The step's own nodes are used again when it is run again; its place in the order stays. Nodes of other steps and of
    the user are not touched, but for their visibility.

    Parameters
    ----------
    study : Study
    role : str
        The step, e.g. ``"surface"``.
    meshes : Mesh or sequence of Mesh
        World LPS. Several after a cut.
    receipts : sequence
        Of what led from the inputs to these meshes.
    inputs : sequence of InputNode
        Nodes that it was made from: the result is stale once one of them holds something else.
    colors : sequence of (red, green, blue)
        0..1, one for each mesh; the color of bone when left out.
    title : str
        Of the nodes; by default the role.
    last : bool
        Whether a step that is run again becomes the last one in the order.

    Raises
    ------
    InputError
        No mesh, or an empty one.
    """
    several = [meshes] if isinstance(meshes, Mesh) else list(meshes)
    if not several or any(mesh.is_empty for mesh in several):
        raise InputError(f"The step '{role}' gave no surface: there is nothing to show.")
    told = inputs_text(inputs)  # before anything is changed, since an input may be one of the nodes
    from .. import __version__

    scene, before = study.scene, results(study)
    same = next((one for one in before if one.role == role), None)
    following = max((one.order for one in before), default=0) + 1
    order = following if same is None or last else same.order
    nodes = list(same.nodes) if same is not None else []
    for extra in nodes[len(several) :]:
        remove_model(extra)
    nodes = nodes[: len(several)]
    tree = tree_of(scene)
    folder = folder_of(study, tree)
    words = title or role
    for number, mesh in enumerate(several):
        if number == len(nodes):
            node = scene.AddNewNodeByClass("vtkMRMLModelNode")
            study.node.AddNodeReferenceID(RESULT_REFERENCE, node.GetID())
            nodes.append(node)
        node = nodes[number]
        node.SetName(f"{words}: {mesh.name}" if len(several) > 1 else words)
        hide_scalars(node)
        fill_model(node, mesh, color=colors[number] if number < len(colors) else MODEL_COLOR)
        for key, value in ((STUDY, study.id), (ROLE, role), (ORDER, str(order)), (INPUTS, told)):
            node.SetAttribute(key, value)
        node.SetAttribute(VERSION, __version__)
        node.RemoveNodeReferenceIDs(INPUT_REFERENCE)
        for one in inputs:
            node.AddNodeReferenceID(INPUT_REFERENCE, one.node.GetID())
        put_into(tree, node, folder)
    data = read_text(study)
    data["receipts"][role] = [clean(one.to_dict() if isinstance(one, Receipt) else one) for one in receipts]
    write_text(study, data)
    show_result(study, role)
    return next(one for one in results(study) if one.role == role)


def results(study: Study) -> tuple[Result, ...]:
    """Return the models that the study has in the scene, in the order of the steps; removed ones are left out."""
    receipts = read_text(study)["receipts"]
    by_role: dict[str, list[Any]] = {}
    for node in members(study):
        if node.GetAttribute(ROLE) and node.IsA("vtkMRMLModelNode"):
            by_role.setdefault(node.GetAttribute(ROLE), []).append(node)
    found = [
        Result(role, int(nodes[0].GetAttribute(ORDER) or 0), tuple(nodes), tuple(receipts.get(role, ())))
        for role, nodes in by_role.items()
    ]
    return tuple(sorted(found, key=lambda one: one.order))


def show_result(study: Study, role: str) -> None:
    """Show one result of the study and hide its others.

    Raises
    ------
    InputError
        There is no such result.
    """
    there = results(study)
    if not any(one.role == role for one in there):
        raise InputError(f"'{study.name}' has no result of the step '{role}'. Run the step first.")
    for one in there:
        for node in one.nodes:
            if node.GetDisplayNode() is None:
                node.CreateDefaultDisplayNodes()
            node.GetDisplayNode().SetVisibility(one.role == role)


def drop_last(study: Study) -> Result | None:
    """Undo: take the last result away and show the former one, which is returned; None when none is left.

    Raises
    ------
    InputError
        There is nothing to undo.
    """
    there = results(study)
    if not there:
        raise InputError(f"'{study.name}' has no result yet: there is nothing to undo.")
    last, rest = there[-1], there[:-1]
    for node in last.nodes:
        remove_model(node)
    data = read_text(study)
    data["receipts"].pop(last.role, None)
    write_text(study, data)
    if not rest:
        return None
    show_result(study, rest[-1].role)
    return rest[-1]


def remove_study(study: Study) -> None:
    """Take a study away with all its results; its sources stay."""
    for node in members(study):
        if node is not study.segmentation_node:  # a label map that the user chose to work on
            remove_model(node)
    tree = tree_of(study.scene)
    folder = tree.GetItemParent(tree.GetItemByDataNode(study.node))
    study.scene.RemoveNode(study.node)
    if folder and folder != tree.GetSceneItemID() and tree.GetNumberOfItemChildren(folder) == 0:
        tree.RemoveItem(folder)


def stale_findings(node: Any) -> tuple[Finding, ...]:
    """Say which inputs of a result hold something else than when it was made; empty when it is up to date."""
    found = []
    for index, (segments, content) in enumerate(inputs_of(node.GetAttribute(INPUTS) or "[]")):
        source = node.GetNthNodeReference(INPUT_REFERENCE, index)
        if source is None:
            text = f"'{node.GetName()}' was made from something that is not in the scene any more."
            found.append(Finding("input-removed", Severity.WARN, text, advice="It cannot be compared with its input."))
        elif not content_of(source, segments).same(content):
            text = f"'{node.GetName()}' is out of date: '{source.GetName()}' was changed after it was made."
            found.append(Finding("stale", Severity.WARN, text, advice="Run the step again."))
        else:
            upstream = stale_findings(source) if source.GetAttribute(INPUTS) else ()
            if upstream:
                text = f"'{node.GetName()}' is out of date, since '{source.GetName()}' is."
                found.append(Finding("stale", Severity.WARN, text, advice="Run both steps again."))
    return tuple(found)


def inputs_of_study(study: Study) -> tuple[InputNode, ...]:
    """Return what the first result of a study was made from: scan and segmentation with the segments that were used.

    Raises
    ------
    InputError
        There is no result, or one of its inputs is not in the scene any more.
    """
    there = results(study)
    if not there:
        raise InputError(f"'{study.name}' has no result yet.")
    node, out = there[0].node, []
    for index, (segments, _content) in enumerate(inputs_of(node.GetAttribute(INPUTS) or "[]")):
        source = node.GetNthNodeReference(INPUT_REFERENCE, index)
        if source is None:
            raise InputError(f"'{node.GetName()}' was made from something that is not in the scene any more.")
        out.append(InputNode(source, None if segments is None else tuple(segments)))
    return tuple(out)


def is_stale(node: Any) -> bool:
    """True when an input of a result, or what that was made from, was changed or removed since."""
    return bool(stale_findings(node))
