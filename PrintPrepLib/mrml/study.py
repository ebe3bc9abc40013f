"""A study in the scene: its folder, what belongs to it, and its record that is saved with the scene.

A study is one ``vtkMRMLTextNode`` that holds receipts and record as JSON and refers to its results. Node references
are what Slicer keeps right when a scene is saved, read, or merged into another; names and ids are not relied upon.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..receipt import plain
from ..record.scrub import without_paths
from .space import slicer_module

SCHEMA = "printprep-scene/1"
STUDY = "PrintPrep.study"
"""Attribute with the study's id, on its own node, its folder and its results."""
RESULT_REFERENCE = "PrintPrep.result"
SOURCE_REFERENCE = "PrintPrep.source"
VOLUME_REFERENCE = "PrintPrep.volume"


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
    write_text(study, {"schema": SCHEMA, "receipts": {}, "record": None, "settings": {}})
    tree = tree_of(scene)
    put_into(tree, node, folder_of(study, tree))
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
        if any(one is node for one in members(study)):
            return study
    return None


def save_record(study: Study, record: Mapping[str, Any]) -> None:
    """Keep a record of the run (``record.build_record``) with the study; local paths are removed from it."""
    data = read_text(study)
    data["record"] = clean(record)
    write_text(study, data)


def load_record(study: Study) -> dict[str, Any] | None:
    """Return the record that was kept, None when there is none."""
    record: dict[str, Any] | None = read_text(study)["record"]
    return record


def save_settings(study: Study, settings: Mapping[str, Any]) -> None:
    """Keep what the user has set for this study (JSON values), for example the text of a recipe."""
    data = read_text(study)
    data["settings"] = clean(settings)
    write_text(study, data)


def load_settings(study: Study) -> dict[str, Any]:
    """Return what the user has set for this study."""
    settings: dict[str, Any] = read_text(study)["settings"]
    return settings


def members(study: Study) -> list[Any]:
    """Return all result nodes of a study that are still in the scene."""
    count = study.node.GetNumberOfNodeReferences(RESULT_REFERENCE)
    nodes = [study.node.GetNthNodeReference(RESULT_REFERENCE, index) for index in range(count)]
    return [node for node in nodes if node is not None]


def read_text(study: Study) -> dict[str, Any]:
    """Return what the study's text holds.

    Raises
    ------
    InputError
        It was changed by hand or by another version.
    """
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


def clean(value: Any) -> Any:
    """Return plain JSON values without local paths: whatever goes into a study's text comes from here."""
    return without_paths(plain(value))


def write_text(study: Study, data: Mapping[str, Any]) -> None:
    """Write the study's text; what is new in it was made :func:`clean`.

    In one line: Python indents JSON twenty times slower.
    """
    study.node.SetText(json.dumps(data, ensure_ascii=False, allow_nan=False))


def tree_of(scene: Any) -> Any:
    """Return the subject hierarchy of a scene."""
    return slicer_module().vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def folder_of(study: Study, tree: Any) -> int:
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


def put_into(tree: Any, node: Any, folder: int) -> None:
    """Put a node into a folder of the subject hierarchy."""
    item = tree.GetItemByDataNode(node) or tree.CreateItem(folder, node)
    if tree.GetItemParent(item) != folder:
        tree.SetItemParent(item, folder)
