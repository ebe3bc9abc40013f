"""A study in the scene: its folder, its results in order, undo, stale marks, and its record that is saved with it.

A study is one ``vtkMRMLTextNode`` that holds receipts and record as JSON and refers to its results. Node references
are what Slicer keeps right when a scene is saved, read, or merged into another; names and ids are not relied upon.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..finding import Finding, Severity
from ..mesh import Mesh
from ..receipt import Receipt, plain
from ..record.scrub import without_paths
from .hashes import InputNode, content_of, inputs_of, inputs_text
from .models import MODEL_COLOR, fill_model, hide_scalars, remove_model
from .space import slicer_module

SCHEMA = "printprep-scene/1"
STUDY = "PrintPrep.study"
ROLE = "PrintPrep.role"
ORDER = "PrintPrep.order"
INPUTS = "PrintPrep.inputs"
VERSION = "PrintPrep.version"
"""Attributes of result nodes (``STUDY`` of the study's own node as well)."""
RESULT_REFERENCE = "PrintPrep.result"
SOURCE_REFERENCE = "PrintPrep.source"
VOLUME_REFERENCE = "PrintPrep.volume"
INPUT_REFERENCE = "PrintPrep.input"

Color = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Study:
    """One study; ``node`` is its text node."""

    node: Any

    @property
    def scene(self) -> Any:
        """The scene it lies in."""
        return self.node.GetScene()

    @property
    def id(self) -> str:
        """Random id, the same for as long as the study lives."""
        return str(self.node.GetAttribute(STUDY))

    @property
    def name(self) -> str:
        """Name of its folder."""
        return str(self.node.GetName())

    @property
    def segmentation_node(self) -> Any:
        """The segmentation it is made from, None when there is none any more."""
        return self.node.GetNodeReference(SOURCE_REFERENCE)

    @property
    def volume_node(self) -> Any:
        """The scan it is made from, None when there is none any more."""
        return self.node.GetNodeReference(VOLUME_REFERENCE)


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


def create_study(scene: Any, *, segmentation_node: Any = None, volume_node: Any = None, name: str = "") -> Study:
    """Begin a study: its text node, in a folder beside the segmentation.

    Parameters
    ----------
    scene : vtkMRMLScene
    segmentation_node, volume_node : optional
        What it is made from.
    name : str
        What the user calls it; never a patient's name. By default the next free number.
    """
    from vtkmodules.vtkCommonCore import VTK_ENCODING_UTF_8

    taken = {study.name for study in find_studies(scene)}
    base = f"PrintPrep {name}".strip()
    title = base if name and base not in taken else ""
    number = 1 if not name else 2
    while not title:
        candidate = f"{base} {number}"
        title = "" if candidate in taken else candidate
        number += 1
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", title)
    node.SetEncoding(VTK_ENCODING_UTF_8)
    node.SetAttribute(STUDY, uuid.uuid4().hex)
    study = Study(node)
    set_sources(study, segmentation_node=segmentation_node, volume_node=volume_node)
    _write(study, {"schema": SCHEMA, "receipts": {}, "record": None, "settings": {}})
    tree = _tree(scene)
    _put(tree, node, _folder(study, tree))
    return study


def set_sources(study: Study, *, segmentation_node: Any = None, volume_node: Any = None) -> None:
    """Note what the study is made from; None leaves what is there."""
    if segmentation_node is not None:
        study.node.SetNodeReferenceID(SOURCE_REFERENCE, segmentation_node.GetID())
    if volume_node is not None:
        study.node.SetNodeReferenceID(VOLUME_REFERENCE, volume_node.GetID())


def find_studies(scene: Any) -> tuple[Study, ...]:
    """Return all studies of a scene, in the order they were made."""
    found = []
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLTextNode")):
        node = scene.GetNthNodeByClass(index, "vtkMRMLTextNode")
        if node.GetAttribute(STUDY):
            found.append(Study(node))
    return tuple(found)


def study_of(node: Any) -> Study | None:
    """Return the study that a result belongs to; None for a copy that the user made, and for anything else."""
    scene = None if node is None else node.GetScene()
    for study in () if scene is None else find_studies(scene):
        if any(one is node for one in _members(study)):
            return study
    return None


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
    tree = _tree(scene)
    folder = _folder(study, tree)
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
        _put(tree, node, folder)
    data = _read(study)
    data["receipts"][role] = [one.to_dict() if isinstance(one, Receipt) else plain(one) for one in receipts]
    _write(study, data)
    show_result(study, role)
    return next(one for one in results(study) if one.role == role)


def results(study: Study) -> tuple[Result, ...]:
    """Return what the study has in the scene, in the order of the steps; models that the user removed are left out."""
    receipts = _read(study)["receipts"]
    by_role: dict[str, list[Any]] = {}
    for node in _members(study):
        if node.GetAttribute(ROLE):
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
    data = _read(study)
    data["receipts"].pop(last.role, None)
    _write(study, data)
    if not rest:
        return None
    show_result(study, rest[-1].role)
    return rest[-1]


def remove_study(study: Study) -> None:
    """Take a study away with all its results; its sources stay."""
    for one in results(study):
        for node in one.nodes:
            remove_model(node)
    tree = _tree(study.scene)
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


def is_stale(node: Any) -> bool:
    """True when an input of a result, or what that was made from, was changed or removed since."""
    return bool(stale_findings(node))


def save_record(study: Study, record: Mapping[str, Any]) -> None:
    """Keep a record of the run (``record.build_record``) with the study; local paths are removed from it."""
    data = _read(study)
    data["record"] = plain(record)
    _write(study, data)


def load_record(study: Study) -> dict[str, Any] | None:
    """Return the record that was kept, None when there is none."""
    record: dict[str, Any] | None = _read(study)["record"]
    return record


def save_settings(study: Study, settings: Mapping[str, Any]) -> None:
    """Keep what the user has set for this study (JSON values), for example the text of a recipe."""
    data = _read(study)
    data["settings"] = plain(settings)
    _write(study, data)


def load_settings(study: Study) -> dict[str, Any]:
    """Return what the user has set for this study."""
    settings: dict[str, Any] = _read(study)["settings"]
    return settings


def _members(study: Study) -> list[Any]:
    count = study.node.GetNumberOfNodeReferences(RESULT_REFERENCE)
    nodes = [study.node.GetNthNodeReference(RESULT_REFERENCE, index) for index in range(count)]
    return [node for node in nodes if node is not None]


def _read(study: Study) -> dict[str, Any]:
    try:
        data = json.loads(study.node.GetText() or "")
        if data["schema"] == SCHEMA and isinstance(data["receipts"], dict):
            return {"record": None, "settings": {}, **data}
    except (ValueError, TypeError, KeyError):
        pass
    raise InputError(
        f"The text of '{study.name}' was changed by hand or by another version of PrintPrep and cannot be read. Start "
        "a new study; the models stay in the scene."
    )


def _write(study: Study, data: Mapping[str, Any]) -> None:
    study.node.SetText(json.dumps(without_paths(plain(data)), indent=1, ensure_ascii=False, allow_nan=False))


def _tree(scene: Any) -> Any:
    return slicer_module().vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def _folder(study: Study, tree: Any) -> int:
    """Return the study's folder, made beside the segmentation (or the scan) when it is not there."""
    own = tree.GetItemByDataNode(study.node)
    if own:
        parent = int(tree.GetItemParent(own))
        if parent and parent != tree.GetSceneItemID() and tree.GetItemOwnerPluginName(parent) == "Folder":
            return parent
        if parent and tree.GetItemAttribute(parent, STUDY):
            return parent
    beside = study.segmentation_node if study.segmentation_node is not None else study.volume_node
    item = 0 if beside is None else tree.GetItemByDataNode(beside)
    parent = int(tree.GetItemParent(item)) if item else int(tree.GetSceneItemID())
    folder = int(tree.CreateFolderItem(parent or tree.GetSceneItemID(), study.name))
    tree.SetItemAttribute(folder, STUDY, study.id)
    return folder


def _put(tree: Any, node: Any, folder: int) -> None:
    item = tree.GetItemByDataNode(node) or tree.CreateItem(folder, node)
    if tree.GetItemParent(item) != folder:
        tree.SetItemParent(item, folder)
