"""Results of the steps on the segmentation: one segmentation node a step, shown as an outline in the slices.

They stand beside the models of a study (``mrml.result``) and under the same attributes. A node that the user changed by
hand, or chose as the segmentation of a study, is the user's own from then on: no run writes over it, no undo takes it
away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..receipt import Receipt, plain
from ..volume import LabelMap
from .hashes import InputNode, content_of, inputs_text
from .models import MODEL_COLOR, remove_model
from .result import INPUT_REFERENCE, INPUTS, ORDER, ROLE, VERSION, Result
from .segments import BINARY_LABELMAP
from .space import RAS_TO_LPS, slicer_module, vtk_matrix
from .study import RESULT_REFERENCE, STUDY, Study, folder_of, members, put_into, read_text, tree_of, write_text

CONTENT = "PrintPrep.content"
"""Attribute with the hash of what a run put into the node, so that a change by hand is noticed."""
SEGMENT_ID = "structure"
FILL_OPACITY = 0.25
"""The gray values must be seen through what was taken for the structure."""


def add_label_result(
    study: Study,
    role: str,
    labels: LabelMap,
    *,
    receipts: Sequence[Receipt | Mapping[str, Any]] = (),
    inputs: Sequence[InputNode] = (),
    title: str = "",
) -> Result:
    """Put the label map of a step into the scene, as the last one in the order.

    Parameters
    ----------
    study : Study
    role : str
        The step, e.g. ``"threshold"``.
    labels : LabelMap
        World LPS; all labels but 0 are one segment.
    receipts : sequence
        Of what led to it.
    inputs : sequence of InputNode
        Nodes that it was made from.
    title : str
        Of the node; by default the role.

    Raises
    ------
    InputError
        The label map is empty.
    """
    if not labels.mask().any():
        raise InputError(f"The step '{role}' left no voxel: there is nothing to show.")
    from .. import __version__

    told = inputs_text(inputs)
    same = next((one for one in label_results(study) if one.role == role), None)
    order = max((one.order for one in label_results(study)), default=0) + 1
    node = None if same is None else same.node
    if node is not None and _changed_by_hand(node):
        _leave_to_user(study, node)
        node = None
    if node is None:
        node = study.scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        node.CreateDefaultDisplayNodes()
        study.node.AddNodeReferenceID(RESULT_REFERENCE, node.GetID())
    node.SetName(f"{title or role} (result)")
    _fill(node, labels)
    if study.volume_node is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(study.volume_node)
    for key, value in ((STUDY, study.id), (ROLE, role), (ORDER, str(order)), (INPUTS, told), (VERSION, __version__)):
        node.SetAttribute(key, value)
    node.SetAttribute(CONTENT, content_of(node).hash)
    node.RemoveNodeReferenceIDs(INPUT_REFERENCE)
    for one in inputs:
        node.AddNodeReferenceID(INPUT_REFERENCE, one.node.GetID())
    tree = tree_of(study.scene)
    put_into(tree, node, folder_of(study, tree))
    data = read_text(study)
    data["receipts"][role] = [one.to_dict() if isinstance(one, Receipt) else plain(one) for one in receipts]
    write_text(study, data)
    show_labels(study, role)
    return next(one for one in label_results(study) if one.role == role)


def label_results(study: Study) -> tuple[Result, ...]:
    """Return the label maps of a study in the order of the steps; what has become the user's own is left out."""
    receipts = read_text(study)["receipts"]
    found = [
        Result(role, int(node.GetAttribute(ORDER) or 0), (node,), tuple(receipts.get(role, ())))
        for node in members(study)
        if node.IsA("vtkMRMLSegmentationNode")
        and (role := node.GetAttribute(ROLE))
        and node is not study.segmentation_node
    ]
    return tuple(sorted(found, key=lambda one: one.order))


def show_labels(study: Study, role: str | None) -> None:
    """Show one label map of the study in the slices and hide its others; None hides all."""
    for one in label_results(study):
        display = one.node.GetDisplayNode()
        if display is not None:
            display.SetVisibility(one.role == role)


def drop_labels(study: Study, roles: Sequence[str]) -> Result | None:
    """Take label maps away and show the last one that is left, which is returned; None when none is left."""
    data = read_text(study)
    for one in label_results(study):
        if one.role in roles:
            data["receipts"].pop(one.role, None)
            if _changed_by_hand(one.node):
                _leave_to_user(study, one.node)
            else:
                remove_model(one.node)
    write_text(study, data)
    left = label_results(study)
    show_labels(study, left[-1].role if left else None)
    return left[-1] if left else None


def _fill(node: Any, labels: LabelMap) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk

    slicer = slicer_module()
    mask = np.ascontiguousarray(labels.mask(), np.uint8)
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(*mask.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(mask.ravel(), deep=True))
    image.SetImageToWorldMatrix(vtk_matrix(RAS_TO_LPS @ labels.index_to_lps))
    segmentation = node.GetSegmentation()
    segmentation.RemoveAllSegments()
    segment = slicer.vtkSegment()
    segment.SetName(labels.names.get(1, SEGMENT_ID))
    segment.SetColor(*MODEL_COLOR)
    segment.AddRepresentation(BINARY_LABELMAP, image)
    segmentation.SetSourceRepresentationName(BINARY_LABELMAP)
    segmentation.AddSegment(segment, SEGMENT_ID)
    display = node.GetDisplayNode()
    display.SetVisibility3D(False)
    display.SetSegmentOpacity2DFill(SEGMENT_ID, FILL_OPACITY)


def _changed_by_hand(node: Any) -> bool:
    return bool(content_of(node).hash != node.GetAttribute(CONTENT))


def _leave_to_user(study: Study, node: Any) -> None:
    """Cut a node off from its study."""
    for key in (STUDY, ROLE, ORDER, INPUTS, CONTENT):
        node.RemoveAttribute(key)
    node.RemoveNodeReferenceIDs(INPUT_REFERENCE)
    owner = study.node
    for index in reversed(range(owner.GetNumberOfNodeReferences(RESULT_REFERENCE))):
        if owner.GetNthNodeReference(RESULT_REFERENCE, index) is node:
            owner.RemoveNthNodeReferenceID(RESULT_REFERENCE, index)
