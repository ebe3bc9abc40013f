"""Studies in the scene: results in order, undo, what is out of date, and a scene that is saved and read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from PrintPrepLib import mrml
from PrintPrepLib.errors import InputError
from Testing.slicer import support_mrml as s

TURN = s.turn((1.0, 0.0, 1.0), 30.0, (5.0, 6.0, -70.0))
SINGLE_MM = 1e-5


def test_results_stand_in_order_and_a_role_uses_its_node_again(scene):
    segmentation = s.add_segmentation(scene, s.upright())
    study = mrml.create_study(scene, segmentation_node=segmentation)
    first = mrml.add_result(study, "surface", s.box_mesh(), receipts=[s.receipt("surface", a=1)])
    second = mrml.add_result(study, "smooth", s.box_mesh(name="s"), receipts=[s.receipt("smooth")], title="Smoothed")
    assert [one.role for one in mrml.results(study)] == ["surface", "smooth"]
    assert second.node.GetName() == "Smoothed"
    assert not first.node.GetDisplayNode().GetVisibility()
    assert second.node.GetDisplayNode().GetVisibility()
    models = scene.GetNumberOfNodesByClass("vtkMRMLModelNode")
    again = mrml.add_result(study, "surface", s.box_mesh((1, 2, 3)), receipts=[s.receipt("surface", a=2)])
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
    first = mrml.add_result(study, "surface", s.box_mesh())
    parts = mrml.add_result(
        study, "parts", [s.box_mesh(name="part 1"), s.box_mesh(name="part 2")], receipts=[s.receipt("cut")]
    )
    mrml.show_scalars(
        mrml.add_result(study, "walls", s.box_mesh().with_scalar("t", np.arange(8.0))).node, "t", limit=1.0
    )
    assert [node.GetName() for node in parts.nodes] == ["parts: part 1", "parts: part 2"]
    assert mrml.drop_last(study).role == "parts"
    assert all(node.GetDisplayNode().GetVisibility() for node in mrml.results(study)[-1].nodes)
    assert scene.GetNumberOfNodesByClass("vtkMRMLProceduralColorNode") == colors
    fewer = mrml.add_result(study, "parts", [s.box_mesh(name="part 1")], receipts=[s.receipt("fewer")])
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
        node = mrml.add_result(study, "surface", s.box_mesh()).node
        folder = tree.GetItemParent(tree.GetItemByDataNode(node))
        assert tree.GetItemName(folder) == study.name
        assert tree.GetItemParent(folder) == patient
        assert tree.GetItemParent(tree.GetItemByDataNode(study.node)) == folder
        assert "DOE" not in study.node.GetText() + node.GetName() + study.name


def test_two_studies_do_not_touch_each_other_and_a_copy_by_the_user_is_left_alone(scene):
    one, two = mrml.create_study(scene, name="left"), mrml.create_study(scene, name="left")
    assert (one.name, two.name) == ("PrintPrep left", "PrintPrep left 2")
    mine = mrml.add_result(one, "surface", s.box_mesh())
    mrml.add_result(two, "surface", s.box_mesh((1, 1, 1)))
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
    surface = mrml.add_result(study, "surface", s.box_mesh(), inputs=inputs)
    smooth = mrml.add_result(study, "smooth", s.box_mesh(), inputs=[mrml.InputNode(surface.node)])
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
    mrml.add_result(study, "surface", s.box_mesh(), inputs=inputs[:1])
    assert not mrml.is_stale(surface.node)
    other = s.add_segmentation(scene, s.upright(), name="other")
    mrml.add_result(study, "surface", s.box_mesh(), inputs=[mrml.InputNode(other)])
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
        mesh = s.box_mesh((1.0 + number, 1, 1)).with_scalar("thickness_mm", np.arange(8.0))
        inputs = [mrml.InputNode(node, (s.SEGMENT,)), mrml.InputNode(scan)]
        first = mrml.add_result(study, "surface", mesh, receipts=[s.receipt("surface", place="µ é")], inputs=inputs)
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
        expected = s.box_mesh((1.0 + number, 1, 1)).bounds
        assert mrml.mesh_from_node(surface.node).bounds == pytest.approx(expected, abs=SINGLE_MM)
        assert not mrml.is_stale(surface.node)
        assert not mrml.is_stale(walls.node)
        display = walls.node.GetDisplayNode()
        assert display.GetScalarVisibility()
        assert s.color_at(display.GetColorNode().GetColorTransferFunction(), 1.6)[2] > 0.8
        tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(fresh)
        assert tree.GetItemName(tree.GetItemParent(tree.GetItemByDataNode(walls.node))) == study.name
    assert mrml.drop_last(found[0]).role == "surface"
    again = mrml.add_result(found[0], "walls", s.box_mesh())
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


def test_the_same_study_merged_twice_into_a_scene_stays_two_studies(scene, tmp_path):
    node = s.add_segmentation(scene, s.upright())
    study = mrml.create_study(scene, segmentation_node=node)
    mrml.add_result(study, "surface", s.box_mesh(), inputs=[mrml.InputNode(node)])
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
