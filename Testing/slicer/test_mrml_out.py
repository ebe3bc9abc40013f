"""Library objects into the scene and back: models, colors, planes, places, in a scene that is saved and read."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib import mrml
from PrintPrepLib.errors import InputError
from PrintPrepLib.shape.cut.plane import CutPlane, Disc, Rectangle
from Testing.slicer import support_mrml as s

TURN = s.turn((1.0, 0.0, 1.0), 30.0, (5.0, 6.0, -70.0))
SINGLE_MM = 1e-5


def test_mesh_is_turned_to_ras_and_back_with_its_volume(scene):
    mesh = s.box_mesh()
    assert mesh.volume_mm3 == pytest.approx(6000.0)
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", "model")
    mrml.fill_model(node, mesh)
    bounds = [0.0] * 6
    node.GetRASBounds(bounds)
    assert bounds == pytest.approx([-110, -100, -70, -50, -20, 10])
    back = mrml.mesh_from_node(node)
    assert np.array_equal(back.vertices, mesh.vertices)
    assert np.array_equal(back.faces, mesh.faces)
    assert mesh.vertices[0, 0] == 100.0  # the mesh itself was not turned


@pytest.mark.parametrize("matrix", [TURN, np.diag([-1.0, 1.0, 1.0, 1.0]), np.diag([2.0, 1.0, 1.0, 1.0])])
def test_model_under_a_transform_is_taken_in_world_coordinates_and_never_inside_out(scene, matrix):
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", "model")
    mrml.fill_model(node, s.box_mesh())
    s.add_transform(scene, matrix, node)
    mesh = mrml.mesh_from_node(node)
    assert mesh.volume_mm3 == pytest.approx(6000.0 * abs(np.linalg.det(matrix[:3, :3])))
    expected = matrix @ [-100.0, -50.0, -20.0, 1.0]
    assert mesh.vertices[0] == pytest.approx(expected[:3] * (-1, -1, 1))
    assert bool(mrml.transform_findings(node)) == (matrix is not TURN)
    s.add_bend(scene, node)
    with pytest.raises(InputError, match="Harden"):
        mrml.mesh_from_node(node)


def test_files_that_slicer_writes_and_ours_agree(scene, tmp_path):
    import slicer

    from PrintPrepLib.export import read_mesh, write_mesh

    node = scene.AddNewNodeByClass("vtkMRMLModelNode", "model")
    mrml.fill_model(node, s.box_mesh())
    storage = slicer.vtkMRMLModelStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(tmp_path / "slicer.stl"))
    assert storage.WriteData(node)
    assert np.allclose(read_mesh(tmp_path / "slicer.stl").bounds, s.box_mesh().bounds)
    write_mesh(s.box_mesh(), tmp_path / "ours.stl")
    storage.SetFileName(str(tmp_path / "ours.stl"))
    other = scene.AddNewNodeByClass("vtkMRMLModelNode", "read")
    assert storage.ReadData(other)
    assert np.allclose(mrml.mesh_from_node(other).bounds, s.box_mesh().bounds)


def test_thickness_is_colored_with_a_break_at_the_limit_and_a_legend(scene):
    values = np.linspace(0.0, 3.0, 8)
    study = mrml.create_study(scene)
    result = mrml.add_result(study, "walls", s.box_mesh().with_scalar("thickness_mm", values))
    colors = mrml.show_scalars(result.node, "thickness_mm", limit=1.0, title="Wall thickness")
    display = result.node.GetDisplayNode()
    assert display.GetScalarVisibility()
    assert display.GetActiveScalarName() == "thickness_mm"
    assert display.GetScalarRange() == (0.0, 4.0)
    function = colors.GetColorTransferFunction()
    below, above = s.color_at(function, 0.999), s.color_at(function, 1.0)
    assert below[0] > 0.9 > 0.7 > below[2]  # orange
    assert above[2] > above[0]  # blue
    import slicer

    legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(result.node)
    assert legend.GetTitleText() == "Wall thickness"
    again = mrml.show_scalars(result.node, "thickness_mm", limit=0.5)
    assert again is colors
    mrml.hide_scalars(result.node)
    assert not display.GetScalarVisibility()
    assert not legend.GetVisibility()
    with pytest.raises(InputError, match="Measure it first"):
        mrml.show_scalars(result.node, "nothing")


@pytest.mark.parametrize("bound", [None, Disc(12.0), Rectangle(30.0, 18.0)])
@pytest.mark.parametrize("moved", [False, True])
def test_plane_to_node_and_back(scene, bound, moved):
    plane = CutPlane((10.0, -20.0, 30.0), (1.0, 2.0, -2.0), bound, (2.0, -1.0, 0.0))
    node = None
    if moved:
        node = mrml.cut_plane_to_node(scene, CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
        s.add_transform(scene, TURN, node)
    node = mrml.cut_plane_to_node(scene, plane, node=node)
    center, normal = [0.0] * 3, [0.0] * 3
    node.GetCenterWorld(center)
    node.GetNormalWorld(normal)
    assert center == pytest.approx([-10.0, 20.0, 30.0])
    assert normal == pytest.approx([-1 / 3, -2 / 3, -2 / 3])
    back = mrml.cut_plane_from_node(node)
    assert back.point_mm == pytest.approx(plane.point_mm)
    assert back.normal == pytest.approx(plane.normal)
    assert back.first_axis == pytest.approx(plane.first_axis)
    if bound is None:
        assert back.bound is None
        assert mrml.cut_plane_from_node(node, bounded=True).bound.width_mm == pytest.approx(100.0)
    else:
        assert type(back.bound) is type(bound)
        assert list(vars(back.bound).values()) == pytest.approx(list(vars(bound).values()))
        assert mrml.cut_plane_from_node(node, bounded=False).bound is None


def test_planes_that_are_not_there_are_refused_and_a_drag_changes_the_hash(scene):
    empty = scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "new")
    with pytest.raises(InputError, match="not placed yet"):
        mrml.cut_plane_from_node(empty)
    with pytest.raises(InputError, match="Choose a plane"):
        mrml.cut_plane_from_node(None)
    node = mrml.cut_plane_to_node(scene, CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    before = mrml.content_of(node)
    node.SetCenterWorld(0.0, 0.0, 0.5)
    assert not mrml.content_of(node).same(before)
    matrix = mrml.plane_matrix_ras(mrml.cut_plane_from_node(node))
    assert [matrix.GetElement(row, 3) for row in range(3)] == pytest.approx([0.0, 0.0, 0.5])


def test_places_to_points_and_back(scene):
    places = [mrml.NamedPlace("thin 1", (1.0, -2.0, 3.0)), mrml.NamedPlace("hole", (4.0, 5.0, -6.0))]
    node = mrml.places_to_node(scene, places)
    at = [0.0] * 3
    node.GetNthControlPointPositionWorld(0, at)
    assert at == [-1.0, 2.0, 3.0]
    assert list(mrml.places_from_node(node)) == places
    assert mrml.places_to_node(scene, places[:1], node=node) is node
    assert len(mrml.places_from_node(node)) == 1


def test_a_removed_model_is_forgotten_by_the_tree(scene):
    """A new node may lie where a removed one lay; the subject hierarchy must not take it for that one."""
    import vtk

    from Testing.support import shapes

    study, window, told = mrml.create_study(scene), vtk.vtkOutputWindow.GetInstance(), list[str]()
    tag = window.AddObserver("ErrorEvent", lambda _caller, event: told.append(event))
    try:
        for _ in range(40):
            mrml.add_result(study, "surface", shapes.box())
            mrml.drop_last(study)
    finally:
        window.RemoveObserver(tag)
    assert told == []
