"""Library objects into the scene and back: models, colors, planes, places, in a scene that is saved and read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from PrintPrepLib import mrml
from PrintPrepLib.errors import InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import Receipt
from PrintPrepLib.shape.cut.plane import CutPlane, Disc, Rectangle
from Testing.slicer import support_mrml as s

TURN = s.turn((1.0, 0.0, 1.0), 30.0, (5.0, 6.0, -70.0))
SINGLE_MM = 1e-5


def box(size=(10.0, 20.0, 30.0), at=(100.0, 50.0, -20.0), name="box"):
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], float)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return Mesh(corners * size + at, np.array(faces), name)


def receipt(operation, **details):
    return Receipt(operation, {}, 0.1, None, None, details=details)


def color(function, value):
    rgb = [0.0] * 3
    function.GetColor(value, rgb)
    return rgb


def test_mesh_is_turned_to_ras_and_back_with_its_volume(scene):
    mesh = box()
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
    mrml.fill_model(node, box())
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
    mrml.fill_model(node, box())
    storage = slicer.vtkMRMLModelStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(tmp_path / "slicer.stl"))
    assert storage.WriteData(node)
    assert np.allclose(read_mesh(tmp_path / "slicer.stl").bounds, box().bounds)
    write_mesh(box(), tmp_path / "ours.stl")
    storage.SetFileName(str(tmp_path / "ours.stl"))
    other = scene.AddNewNodeByClass("vtkMRMLModelNode", "read")
    assert storage.ReadData(other)
    assert np.allclose(mrml.mesh_from_node(other).bounds, box().bounds)


def test_thickness_is_colored_with_a_break_at_the_limit_and_a_legend(scene):
    values = np.linspace(0.0, 3.0, 8)
    study = mrml.create_study(scene)
    result = mrml.add_result(study, "walls", box().with_scalar("thickness_mm", values))
    colors = mrml.show_scalars(result.node, "thickness_mm", limit=1.0, title="Wall thickness")
    display = result.node.GetDisplayNode()
    assert display.GetScalarVisibility()
    assert display.GetActiveScalarName() == "thickness_mm"
    assert display.GetScalarRange() == (0.0, 4.0)
    function = colors.GetColorTransferFunction()
    below, above = color(function, 0.999), color(function, 1.0)
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


def test_results_stand_in_order_and_a_role_uses_its_node_again(scene):
    segmentation = s.add_segmentation(scene, s.upright())
    study = mrml.create_study(scene, segmentation_node=segmentation)
    first = mrml.add_result(study, "surface", box(), receipts=[receipt("surface", a=1)])
    second = mrml.add_result(study, "smooth", box(name="s"), receipts=[receipt("smooth")], title="Smoothed")
    assert [one.role for one in mrml.results(study)] == ["surface", "smooth"]
    assert second.node.GetName() == "Smoothed"
    assert not first.node.GetDisplayNode().GetVisibility()
    assert second.node.GetDisplayNode().GetVisibility()
    models = scene.GetNumberOfNodesByClass("vtkMRMLModelNode")
    again = mrml.add_result(study, "surface", box((1, 2, 3)), receipts=[receipt("surface", a=2)])
    assert again.node is first.node
    assert scene.GetNumberOfNodesByClass("vtkMRMLModelNode") == models
    assert mrml.mesh_from_node(again.node).volume_mm3 == pytest.approx(6.0)
    assert again.receipts[0]["details"] == {"a": 2}
    assert [one.role for one in mrml.results(study)] == ["surface", "smooth"]
    assert [mrml.study_of(one.node).id for one in mrml.results(study)] == [study.id] * 2
    assert mrml.study_of(segmentation) is None


def test_undo_drops_the_last_result_and_shows_the_former(scene):
    colors = scene.GetNumberOfNodesByClass("vtkMRMLProceduralColorNode")  # Slicer's own
    study = mrml.create_study(scene)
    first = mrml.add_result(study, "surface", box())
    parts = mrml.add_result(study, "parts", [box(name="part 1"), box(name="part 2")], receipts=[receipt("cut")])
    mrml.show_scalars(mrml.add_result(study, "walls", box().with_scalar("t", np.arange(8.0))).node, "t", limit=1.0)
    assert [node.GetName() for node in parts.nodes] == ["parts: part 1", "parts: part 2"]
    assert mrml.drop_last(study).role == "parts"
    assert all(node.GetDisplayNode().GetVisibility() for node in mrml.results(study)[-1].nodes)
    assert scene.GetNumberOfNodesByClass("vtkMRMLProceduralColorNode") == colors
    fewer = mrml.add_result(study, "parts", [box(name="part 1")], receipts=[receipt("fewer")])
    assert len(fewer.nodes) == 1
    shown = mrml.drop_last(study)
    assert shown.node is first.node
    assert first.node.GetDisplayNode().GetVisibility()
    assert "fewer" not in study.node.GetText()  # the receipt went with its result
    assert mrml.drop_last(study) is None
    assert scene.GetNumberOfNodesByClass("vtkMRMLModelNode") == 0
    assert scene.GetNumberOfNodesByClass("vtkMRMLModelDisplayNode") == 0
    with pytest.raises(InputError, match="nothing to undo"):
        mrml.drop_last(study)


def test_results_lie_in_a_folder_beside_the_segmentation(scene):
    import slicer

    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    patient = tree.CreateSubjectItem(tree.GetSceneItemID(), "DOE^JOHN")
    segmentation = s.add_segmentation(scene, s.upright())
    tree.SetItemParent(tree.GetItemByDataNode(segmentation), patient)
    studies = [mrml.create_study(scene, segmentation_node=segmentation) for _ in range(2)]
    assert [study.name for study in studies] == ["PrintPrep 1", "PrintPrep 2"]
    for study in studies:
        node = mrml.add_result(study, "surface", box()).node
        folder = tree.GetItemParent(tree.GetItemByDataNode(node))
        assert tree.GetItemName(folder) == study.name
        assert tree.GetItemParent(folder) == patient
        assert tree.GetItemParent(tree.GetItemByDataNode(study.node)) == folder
        assert "DOE" not in study.node.GetText() + node.GetName() + study.name


def test_two_studies_do_not_touch_each_other_and_a_copy_by_the_user_is_left_alone(scene):
    one, two = mrml.create_study(scene, name="left"), mrml.create_study(scene, name="left")
    assert (one.name, two.name) == ("PrintPrep left", "PrintPrep left 2")
    mine = mrml.add_result(one, "surface", box())
    mrml.add_result(two, "surface", box((1, 1, 1)))
    mrml.drop_last(two)
    assert mrml.results(two) == ()
    assert mrml.results(one)[0].node is mine.node
    assert mine.node.GetDisplayNode().GetVisibility()
    copy = scene.AddNewNodeByClass("vtkMRMLModelNode", "my copy")
    copy.CopyContent(mine.node)
    for key in mine.node.GetAttributeNames():
        copy.SetAttribute(key, mine.node.GetAttribute(key))
    assert mrml.study_of(copy) is None
    assert len(mrml.results(one)[0].nodes) == 1
    mrml.remove_study(one)
    assert [study.id for study in mrml.find_studies(scene)] == [two.id]
    assert scene.IsNodePresent(copy)


def test_a_result_is_stale_when_content_changes_and_only_then(scene):
    scan = s.add_volume(scene, s.oblique())
    node = s.add_segmentation(scene, s.oblique(), scan)
    study = mrml.create_study(scene, segmentation_node=node, volume_node=scan)
    inputs = [mrml.InputNode(node, (s.SEGMENT,)), mrml.InputNode(scan)]
    surface = mrml.add_result(study, "surface", box(), inputs=inputs)
    smooth = mrml.add_result(study, "smooth", box(), inputs=[mrml.InputNode(surface.node)])
    assert not mrml.is_stale(surface.node)
    labelmap = node.GetSegmentation().GetSegment(s.SEGMENT).GetRepresentation("Binary labelmap")
    labelmap.Modified()
    node.SetName("renamed")
    node.GetSegmentation().GetSegment(s.SEGMENT).SetColor(0, 1, 0)
    s.add_segment(node, s.oblique(), s.box_mask(), "another")
    assert not mrml.is_stale(surface.node)
    scalars = labelmap.GetPointData().GetScalars()
    scalars.SetTuple1(0, 0)  # one voxel is enough
    assert [f.code for f in mrml.stale_findings(surface.node)] == ["stale"]
    assert "renamed" in mrml.stale_findings(surface.node)[0].message
    assert mrml.is_stale(smooth.node)  # what it was made from is
    scalars.SetTuple1(0, 1)
    assert not mrml.is_stale(smooth.node)
    moved = s.add_transform(scene, TURN, node)
    assert mrml.is_stale(surface.node)
    node.SetAndObserveTransformNodeID(None)
    scene.RemoveNode(moved)
    assert not mrml.is_stale(surface.node)
    scene.RemoveNode(scan)
    assert [f.code for f in mrml.stale_findings(surface.node)] == ["input-removed"]
    mrml.add_result(study, "surface", box(), inputs=inputs[:1])
    assert not mrml.is_stale(surface.node)
    other = s.add_segmentation(scene, s.upright(), name="other")
    mrml.add_result(study, "surface", box(), inputs=[mrml.InputNode(other)])
    assert not mrml.is_stale(surface.node)
    s.clear_segment(other, s.SEGMENT)
    assert "other" in mrml.stale_findings(surface.node)[0].message


def test_everything_survives_a_saved_scene(scene, tmp_path):
    import slicer

    scan = s.add_volume(scene, s.left_handed())
    node = s.add_segmentation(scene, s.left_handed(), scan)
    s.add_transform(scene, TURN, node, scan)
    contents = [mrml.content_of(node), mrml.content_of(scan)]
    studies = [mrml.create_study(scene, segmentation_node=node, volume_node=scan, name=name) for name in "ab"]
    for number, study in enumerate(studies):
        mesh = box((1.0 + number, 1, 1)).with_scalar("thickness_mm", np.arange(8.0))
        inputs = [mrml.InputNode(node, (s.SEGMENT,)), mrml.InputNode(scan)]
        first = mrml.add_result(study, "surface", mesh, receipts=[receipt("surface", place="µ é")], inputs=inputs)
        second = mrml.add_result(study, "walls", mesh, inputs=[mrml.InputNode(first.node)], title="Walls")
        mrml.show_scalars(second.node, "thickness_mm", limit=1.5, title="Wall thickness")
        mrml.save_record(study, {"ready": True, "from": "/home/someone/scan", "n": number})
        mrml.save_settings(study, {"recipe": "x", "limit_mm": 0.8})
    fresh = s.through_mrb(scene, tmp_path)
    found = mrml.find_studies(fresh)
    assert [study.name for study in found] == ["PrintPrep a", "PrintPrep b"]
    assert [study.id for study in found] == [study.id for study in studies]
    assert mrml.content_of(found[0].segmentation_node).same(contents[0])
    assert mrml.content_of(found[0].volume_node).same(contents[1])
    before, after = (mrml.segmentation_from_node(one)[0] for one in (node, found[0].segmentation_node))
    assert before.grey is not None
    assert after.grey is not None  # though Slicer has turned the axes of a left-handed scan round
    assert after.volume_ml == pytest.approx(before.volume_ml)
    assert after.grey.array[after.mask].min() == 1000
    for number, study in enumerate(found):
        surface, walls = mrml.results(study)
        assert (surface.role, walls.role) == ("surface", "walls")
        assert surface.receipts[0]["details"]["place"] == "µ é"
        assert mrml.load_record(study) == {"ready": True, "from": "(path removed)", "n": number}
        assert mrml.load_settings(study)["limit_mm"] == 0.8
        expected = box((1.0 + number, 1, 1)).bounds
        assert mrml.mesh_from_node(surface.node).bounds == pytest.approx(expected, abs=SINGLE_MM)
        assert not mrml.is_stale(surface.node)
        assert not mrml.is_stale(walls.node)
        display = walls.node.GetDisplayNode()
        assert display.GetScalarVisibility()
        assert color(display.GetColorNode().GetColorTransferFunction(), 1.6)[2] > 0.8
        tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(fresh)
        assert tree.GetItemName(tree.GetItemParent(tree.GetItemByDataNode(walls.node))) == study.name
    assert mrml.drop_last(found[0]).role == "surface"
    again = mrml.add_result(found[0], "walls", box())
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(fresh)
    parents = {tree.GetItemParent(tree.GetItemByDataNode(one)) for one in (again.node, found[0].node)}
    assert len(parents) == 1  # no second folder


def test_a_text_changed_by_hand_is_refused_in_words(scene):
    study = mrml.create_study(scene)
    study.node.SetText(json.dumps({"schema": "other"}))
    with pytest.raises(InputError, match="Start a new study"):
        mrml.results(study)
    with pytest.raises(InputError, match="nothing to show"):
        mrml.add_result(mrml.create_study(scene), "surface", [])


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


def test_the_same_study_merged_twice_into_a_scene_stays_two_studies(scene, tmp_path):
    node = s.add_segmentation(scene, s.upright())
    study = mrml.create_study(scene, segmentation_node=node)
    mrml.add_result(study, "surface", box(), inputs=[mrml.InputNode(node)])
    fresh = s.through_mrb(scene, tmp_path)
    assert fresh.ReadFromMRB(str(tmp_path / "case.mrb"), False)
    one, two = mrml.find_studies(fresh)
    assert mrml.results(one)[0].node is not mrml.results(two)[0].node
    assert one.segmentation_node is not two.segmentation_node
    s.clear_segment(two.segmentation_node, s.SEGMENT)
    assert not mrml.is_stale(mrml.results(one)[0].node)
    assert mrml.is_stale(mrml.results(two)[0].node)
    mrml.remove_study(two)
    assert len(mrml.results(one)) == 1


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
