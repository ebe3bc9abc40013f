"""Boxes of voxels in real MRML scenes, with geometry known by hand."""

from __future__ import annotations

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import Receipt

BOX_LOW_IJK = (4, 3, 2)
BOX_SIZE_IJK = (10, 6, 5)
GRID_IJK = (24, 16, 12)
SPACING_MM = (0.5, 1.0, 2.0)
BOX_MM3 = 10 * 6 * 5 * 0.5 * 1.0 * 2.0
SEGMENT = "bone"


def make_scene():
    import slicer

    scene = slicer.vtkMRMLScene()
    logics = [
        slicer.vtkSlicerColorLogic(),
        slicer.vtkSlicerSegmentationsModuleLogic(),
        slicer.vtkSlicerMarkupsLogic(),
        slicer.vtkSlicerSubjectHierarchyModuleLogic(),
    ]
    for logic in logics:
        logic.SetMRMLScene(scene)
    scene.test_logics = logics  # they must live as long as the scene
    return scene


def upright() -> np.ndarray:
    matrix = np.diag([*SPACING_MM, 1.0])
    matrix[:3, 3] = (-7.0, 11.0, 30.0)
    return matrix


def oblique() -> np.ndarray:
    return turn((1.0, 2.0, 3.0), 35.0) @ upright()


def left_handed() -> np.ndarray:
    matrix = oblique()
    matrix[:3, 0] *= -1.0
    return matrix


GEOMETRIES = {"upright": upright, "oblique": oblique, "left-handed": left_handed}


def turn(axis, degrees: float, shift=(0.0, 0.0, 0.0)) -> np.ndarray:
    """Rotation about an axis (Rodrigues), then a shift."""
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:3, :3] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    matrix[:3, 3] = shift
    return matrix


def to_vtk(matrix: np.ndarray):
    out = vtk.vtkMatrix4x4()
    out.DeepCopy(matrix.ravel().tolist())
    return out


def box_mask() -> np.ndarray:
    """(k, j, i)."""
    mask = np.zeros(GRID_IJK[::-1], np.uint8)
    i, j, k = BOX_LOW_IJK
    di, dj, dk = BOX_SIZE_IJK
    mask[k : k + dk, j : j + dj, i : i + di] = 1
    return mask


def box_corners_lps(index_to_ras: np.ndarray, to_world: np.ndarray | None = None) -> np.ndarray:
    """Outer corners of the box of voxels, (8, 3), world LPS."""
    low = np.array(BOX_LOW_IJK) - 0.5
    ends = [(a, a + n) for a, n in zip(low, BOX_SIZE_IJK, strict=True)]
    corners = np.array(np.meshgrid(*ends)).reshape(3, -1).T
    matrix = (np.eye(4) if to_world is None else to_world) @ index_to_ras
    ras = corners @ matrix[:3, :3].T + matrix[:3, 3]
    return ras * (-1.0, -1.0, 1.0)


def add_volume(scene, index_to_ras: np.ndarray, values: np.ndarray | None = None, name: str = "CT"):
    values = np.where(box_mask() > 0, 1000, -1000).astype(np.int16) if values is None else values
    image = vtk.vtkImageData()
    image.SetDimensions(*values.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel(), deep=True))
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetAndObserveImageData(image)
    node.SetIJKToRASMatrix(to_vtk(index_to_ras))
    return node


def add_segmentation(scene, index_to_ras: np.ndarray, volume=None, name: str = "Segmentation"):
    """One segment, the box, stored in a box of its own as Slicer does."""
    import slicer

    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    if volume is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    add_segment(node, index_to_ras, box_mask(), SEGMENT)
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    if not tree.GetItemByDataNode(node):
        tree.CreateItem(tree.GetSceneItemID(), node)
    return node


def add_segment(node, index_to_ras: np.ndarray, mask: np.ndarray, segment_id: str, cropped: bool = True) -> None:
    import slicer

    labelmap = slicer.vtkOrientedImageData()
    low, high = np.zeros(3, int), np.array(mask.shape)
    if cropped and mask.any():
        at = np.argwhere(mask)
        low, high = at.min(axis=0), at.max(axis=0) + 1
    part = np.ascontiguousarray(mask[low[0] : high[0], low[1] : high[1], low[2] : high[2]])
    labelmap.SetExtent(low[2], high[2] - 1, low[1], high[1] - 1, low[0], high[0] - 1)
    labelmap.GetPointData().SetScalars(numpy_to_vtk(part.ravel(), deep=True))
    labelmap.SetImageToWorldMatrix(to_vtk(index_to_ras))
    segment = slicer.vtkSegment()
    segment.SetName(segment_id)
    segment.SetColor(0.9, 0.8, 0.6)
    segment.AddRepresentation("Binary labelmap", labelmap)
    node.GetSegmentation().SetSourceRepresentationName("Binary labelmap")
    node.GetSegmentation().AddSegment(segment, segment_id)


def add_transform(scene, matrix: np.ndarray, *nodes):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    node.SetMatrixTransformToParent(to_vtk(matrix))
    for one in nodes:
        one.SetAndObserveTransformNodeID(node.GetID())
    return node


def add_bend(scene, *nodes):
    bend = vtk.vtkThinPlateSplineTransform()
    bend.SetBasisToR()
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for x, y, z in ((0, 0, 0), (50, 0, 0), (0, 50, 0), (0, 0, 50), (50, 50, 50)):
        source.InsertNextPoint(x, y, z)
        target.InsertNextPoint(x + (5 if x else 0) * (1 if y else -1), y, z)
    bend.SetSourceLandmarks(source)
    bend.SetTargetLandmarks(target)
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode", "bent")
    node.SetAndObserveTransformToParent(bend)
    for one in nodes:
        one.SetAndObserveTransformNodeID(node.GetID())
    return node


def clear_segment(node, segment_id: str) -> None:
    """What the Segment Editor's eraser leaves: a label map whose voxels are all zero."""
    labelmap = node.GetSegmentation().GetSegment(segment_id).GetRepresentation("Binary labelmap")
    labelmap.GetPointData().GetScalars().Fill(0)
    labelmap.Modified()


def through_mrb(scene, folder):
    """Save the scene and read it into a new one."""
    import slicer

    path = folder / "case.mrb"
    thumbnail = vtk.vtkImageData()
    thumbnail.SetDimensions(2, 2, 1)
    thumbnail.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    thumbnail.GetPointData().GetScalars().Fill(0)
    assert scene.WriteToMRB(str(path), thumbnail)
    fresh = make_scene()
    cache, manager = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
    cache.SetRemoteCacheDirectory(str(folder))
    manager.SetCacheManager(cache)
    fresh.SetDataIOManager(manager)
    assert fresh.ReadFromMRB(str(path), True)
    return fresh


def box_mesh(size=(10.0, 20.0, 30.0), at=(100.0, 50.0, -20.0), name="box"):
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], float)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return Mesh(corners * size + at, np.array(faces), name)


def receipt(operation, **details):
    return Receipt(operation, {}, 0.1, None, None, details=details)


def color_at(function, value):
    rgb = [0.0] * 3
    function.GetColor(value, rgb)
    return rgb
