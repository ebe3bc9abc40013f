"""Nodes into the library: sizes and places computed by hand, under oblique, left-handed and transformed geometry."""

from __future__ import annotations

import numpy as np
import pytest
import vtk

from PrintPrepLib import mrml
from PrintPrepLib.dicom.judge import series_id
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.surface.from_segmentation import make_surface
from Testing.slicer import support_mrml as s

TURN = s.turn((0.0, 1.0, 1.0), 50.0, (12.0, -30.0, 7.0))
CLOSE_MM = 1e-4


def bounds(points):
    return np.array([points.min(axis=0), points.max(axis=0)])


@pytest.mark.parametrize("geometry", s.GEOMETRIES)
@pytest.mark.parametrize("moved", [False, True])
def test_a_box_of_voxels_lies_where_it_was_computed_by_hand(scene, geometry, moved):
    matrix = s.GEOMETRIES[geometry]()
    scan = s.add_volume(scene, matrix)
    node = s.add_segmentation(scene, matrix, scan)
    if moved:
        s.add_transform(scene, TURN, node, scan)
    segmentation, receipt, findings = mrml.segmentation_from_node(node, [s.SEGMENT])
    assert segmentation.grey is not None
    assert segmentation.name == s.SEGMENT
    assert segmentation.clipped == ()
    assert segmentation.volume_ml * 1000 == pytest.approx(s.BOX_MM3, rel=1e-6)
    mesh, _ = make_surface(segmentation)
    # Half way between voxels the surface passes through the voxels' own faces; its corners are cut off.
    assert 0.9 * s.BOX_MM3 < mesh.volume_mm3 < s.BOX_MM3
    corners = s.box_corners_lps(matrix, TURN if moved else None)
    assert mesh.vertices.mean(axis=0) == pytest.approx(corners.mean(axis=0), abs=0.01)
    # Along the box's own axes the surface reaches exactly to the box's faces.
    axes = (s.turn((0, 0, 1), 0) if not moved else TURN)[:3, :3] @ matrix[:3, :3] / np.array(s.SPACING_MM)
    axes = np.diag([-1.0, -1.0, 1.0]) @ axes
    assert bounds(mesh.vertices @ axes) == pytest.approx(bounds(corners @ axes), abs=CLOSE_MM)
    assert not [f for f in findings if f.severity.value in ("warn", "fail")]
    assert receipt.operation == "from segment"


@pytest.mark.parametrize("geometry", s.GEOMETRIES)
def test_volume_keeps_values_and_places(scene, geometry):
    matrix = s.GEOMETRIES[geometry]()
    values = np.arange(np.prod(s.GRID_IJK), dtype=np.float32).reshape(s.GRID_IJK[::-1])
    node = s.add_volume(scene, matrix, values)
    s.add_transform(scene, TURN, node)
    volume = mrml.volume_from_node(node)
    assert np.array_equal(volume.array, values)
    assert volume.array.dtype == np.float32
    ras = TURN @ matrix @ [3.0, 5.0, 7.0, 1.0]
    assert volume.to_lps([[3.0, 5.0, 7.0]])[0] == pytest.approx(ras[:3] * (-1, -1, 1), abs=CLOSE_MM)
    assert volume.spacing_mm == pytest.approx(s.SPACING_MM, abs=1e-9)


@pytest.mark.parametrize("matrix", [np.diag([2.0, 2.0, 2.0, 1.0]), np.diag([-1.0, 1.0, 1.0, 1.0])])
def test_volume_under_a_transform_that_scales_or_mirrors_is_refused(scene, matrix):
    node = s.add_volume(scene, s.upright())
    s.add_transform(scene, matrix, node)
    with pytest.raises(InputError, match="scales, shears or mirrors"):
        mrml.volume_from_node(node)


def test_sheared_color_and_missing_volumes_are_refused(scene):
    sheared = s.upright()
    sheared[0, 2] = 0.5
    with pytest.raises(InputError, match="right angles"):
        mrml.volume_from_node(s.add_volume(scene, sheared))
    with pytest.raises(InputError, match="no voxels"):
        mrml.volume_from_node(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"))
    with pytest.raises(InputError, match="Choose a volume"):
        mrml.volume_from_node(None)


def test_values_that_are_no_numbers_are_told(scene):
    values = np.full(s.GRID_IJK[::-1], 7.0, np.float32)
    values[0, 0, :3] = np.nan
    volume = mrml.volume_from_node(s.add_volume(scene, s.upright(), values))
    assert [f.code for f in volume.source.findings] == ["not-a-number"]
    assert volume.source.findings[0].measured == 3
    assert (volume.array == 7.0).all()


def test_dicom_identity_is_hashed_and_no_name_comes_along(scene):
    import slicer

    node = s.add_volume(scene, s.upright(), name="DOE^JOHN CT")
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = tree.GetItemByDataNode(node) or tree.CreateItem(tree.GetSceneItemID(), node)
    tree.SetItemUID(item, "DICOM", "1.2.3.4")
    tree.SetItemAttribute(item, "DICOM.Modality", "CT")
    node.SetAttribute("DICOM.instanceUIDs", "1.2.3.4.1 1.2.3.4.2")
    source = mrml.volume_from_node(node).source
    assert source.modality == "CT"
    assert source.series_id == series_id("1.2.3.4|CT")
    assert "DOE" not in repr(source)
    assert "1.2.3" not in repr(source)
    node2 = s.add_volume(scene, s.upright())
    node2.SetAttribute("DICOM.instanceUIDs", "1.2.3.4.2 1.2.3.4.1")
    other = mrml.volume_from_node(node2).source
    assert other.kind == "dicom"
    assert len(other.series_id) == len(source.series_id)
    assert mrml.volume_from_node(s.add_volume(scene, s.upright())).source.series_id == ""


def test_header_comes_from_slicers_dicom_database(scene, monkeypatch):
    import slicer

    from PrintPrepLib.dicom import scan_folder
    from Testing.support.demo import demo_scan

    folder, _ = demo_scan()
    files = sorted(path for path in folder.rglob("*") if path.is_file())

    class Database:
        isOpen = True  # noqa: N815

        def fileForInstance(self, uid):  # noqa: N802 - as CTK has it
            return str(files[0]) if uid == "1.2.3.4.1" else ""

    monkeypatch.setattr(slicer, "dicomDatabase", Database(), raising=False)
    node = s.add_volume(scene, s.upright())
    node.SetAttribute("DICOM.instanceUIDs", "1.2.3.4.1 1.2.3.4.2")
    source = mrml.volume_from_node(node).source
    assert source.modality == "CT"
    assert source.series_id == scan_folder(folder).series[0].id
    assert source.facts["kvp"]


def test_left_handed_mesh_is_not_inside_out_and_smaller_boxes_are_the_same_segment(scene):
    whole, tight = (scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name) for name in ("whole", "tight"))
    s.add_segment(whole, s.left_handed(), s.box_mask(), s.SEGMENT, cropped=False)
    s.add_segment(tight, s.left_handed(), s.box_mask(), s.SEGMENT, cropped=True)
    assert mrml.content_of(whole).same(mrml.content_of(tight))
    for node in (whole, tight):
        segmentation, _, findings = mrml.segmentation_from_node(node)
        assert make_surface(segmentation)[0].volume_mm3 > 0.9 * s.BOX_MM3
        assert "field-of-view-unknown" in [f.code for f in findings]
        assert segmentation.clipped == ()  # the edge of Slicer's box is not the edge of the scan


def test_structure_at_the_edge_of_the_scan_is_told_as_cut_off(scene):
    scan = s.add_volume(scene, s.upright())
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "edge")
    node.SetReferenceImageGeometryParameterFromVolumeNode(scan)
    mask = s.box_mask()
    mask[: s.BOX_LOW_IJK[2] + 1, 5, 6] = 1
    s.add_segment(node, s.upright(), mask, s.SEGMENT)
    _, receipt, _ = mrml.segmentation_from_node(node)
    assert any("bottom (inferior)" in warning for warning in receipt.warnings)


def test_scaled_and_mirrored_segments_are_used_and_told(scene):
    node = s.add_segmentation(scene, s.upright())
    s.add_transform(scene, np.diag([-2.0, 2.0, 2.0, 1.0]), node)
    segmentation, receipt, findings = mrml.segmentation_from_node(node)
    assert segmentation.volume_ml * 1000 == pytest.approx(8 * s.BOX_MM3)
    assert make_surface(segmentation)[0].volume_mm3 > 0
    assert {"mirrored-by-transform", "scaled-by-transform"} <= {f.code for f in findings}
    assert any("mirrors" in text for text in receipt.warnings)


def test_sheared_segments_are_resampled_and_told(scene):
    shear = np.eye(4)
    shear[0, 1] = 0.4
    node = s.add_segmentation(scene, s.upright())
    s.add_transform(scene, shear, node)
    found = mrml.labels_from_node(node)
    assert found.labels.volume_ml() * 1000 == pytest.approx(s.BOX_MM3, rel=0.03)
    corners = s.box_corners_lps(s.upright(), shear)
    at = found.labels.to_lps(np.argwhere(found.labels.mask())[:, ::-1])
    assert bounds(at) == pytest.approx(bounds(corners), abs=1.0)
    assert "segment-resampled" in [f.code for f in found.findings]


def test_bending_transforms_are_refused_with_advice(scene):
    scan = s.add_volume(scene, s.upright())
    node = s.add_segmentation(scene, s.upright(), scan)
    s.add_bend(scene, node, scan)
    for call in (mrml.segmentation_from_node, mrml.volume_from_node):
        with pytest.raises(InputError, match="Harden transform"):
            call(node if call is mrml.segmentation_from_node else scan)


def test_empty_and_missing_segments_are_refused_by_name(scene):
    node = s.add_segmentation(scene, s.upright())
    node.GetSegmentation().AddEmptySegment("skin", "Skin")
    s.clear_segment(node, s.SEGMENT)
    states = {one.id: one.state for one in mrml.list_segments(node)}
    assert states == {s.SEGMENT: mrml.SegmentState.EMPTY, "skin": mrml.SegmentState.EMPTY}
    for segment in (s.SEGMENT, "skin"):
        with pytest.raises(GeometryError, match=r"is empty\. Draw"):
            mrml.segmentation_from_node(node, [segment])
    with pytest.raises(InputError, match="no segment 'gone'"):
        mrml.segmentation_from_node(node, ["gone"])
    with pytest.raises(InputError, match="Choose a segmentation"):
        mrml.list_segments(None)


def test_unapplied_previews_are_told(scene):
    import slicer

    node = s.add_segmentation(scene, s.upright())
    assert mrml.preview_findings(node) == ()
    editor = slicer.vtkMRMLSegmentEditorNode()
    scene.AddNode(editor)
    editor.SetAndObserveSegmentationNode(node)
    assert mrml.preview_findings(node) == ()
    preview = s.add_segmentation(scene, s.upright(), name="preview")
    editor.SetNodeReferenceID("SegmentationResultPreview", preview.GetID())
    assert [f.code for f in mrml.preview_findings(node)] == ["preview-not-applied"]
    assert mrml.preview_findings(preview) == ()
    editor.SetNodeReferenceID("SegmentationResultPreview", None)
    editor.SetActiveEffectName("Threshold")
    s.clear_segment(node, s.SEGMENT)
    with pytest.raises(GeometryError, match="press Apply there"):
        mrml.segmentation_from_node(node)


def test_a_segment_drawn_as_a_surface_is_rasterized_on_a_copy(scene):
    import slicer

    scan = s.add_volume(scene, s.upright())
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "surface")
    node.SetReferenceImageGeometryParameterFromVolumeNode(scan)
    ball = vtk.vtkSphereSource()
    ball.SetCenter(-1.0, 18.0, 42.0)
    ball.SetRadius(4.0)
    ball.SetThetaResolution(48)
    ball.SetPhiResolution(48)
    ball.Update()
    node.GetSegmentation().SetSourceRepresentationName("Closed surface")
    segment = slicer.vtkSegment()
    segment.SetName("ball")
    segment.AddRepresentation("Closed surface", ball.GetOutput())
    node.GetSegmentation().AddSegment(segment, "ball")
    assert mrml.list_segments(node)[0].state is mrml.SegmentState.SURFACE
    segmentation, _, findings = mrml.segmentation_from_node(node)
    ijk = np.argwhere(np.ones(s.GRID_IJK[::-1]))[:, ::-1]
    centers = ijk @ s.upright()[:3, :3].T + s.upright()[:3, 3]
    inside = np.count_nonzero(np.linalg.norm(centers - (-1.0, 18.0, 42.0), axis=1) < 4.0)
    assert segmentation.volume_ml * 1000 == pytest.approx(inside * 1.0, rel=0.05)
    at = segmentation.labels.to_lps(np.argwhere(segmentation.mask)[:, ::-1]).mean(axis=0)
    assert at == pytest.approx([1.0, -18.0, 42.0], abs=0.3)
    assert "segment-from-surface" in [f.code for f in findings]
    assert segment.GetRepresentation("Binary labelmap") is None  # the user's node is as it was


def test_several_segments_overlaps_and_other_grids(scene):
    node = s.add_segmentation(scene, s.upright())
    second = np.zeros_like(s.box_mask())
    second[3:6, 4:7, 10:20] = 1
    s.add_segment(node, s.upright(), second, "screw")
    found = mrml.labels_from_node(node)
    assert dict(found.labels.names) == {1: s.SEGMENT, 2: "screw"}
    assert np.count_nonzero(found.labels.mask(2)) == second.sum()
    shared = int((second & s.box_mask()).sum())
    assert [f.measured for f in found.findings if f.code == "segments-overlap"] == [shared]
    finer = s.upright() @ np.diag([0.5, 0.5, 0.5, 1.0])
    other = np.zeros((6, 8, 12), np.uint8)
    other[1:5, 1:7, 1:11] = 1
    s.add_segment(node, finer, other, "fine")
    codes = [f.code for f in mrml.labels_from_node(node, [s.SEGMENT, "fine"]).findings]
    assert "segment-resampled" in codes
    both, _, _ = mrml.segmentation_from_node(node, [s.SEGMENT, "screw"])
    assert both.name == f"{s.SEGMENT} + screw"


def test_segments_on_another_grid_than_the_scan_go_without_its_gray_values(scene):
    scan = s.add_volume(scene, s.upright())
    finer = s.upright() @ np.diag([0.5, 0.5, 0.5, 1.0])
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "fine")
    node.SetReferenceImageGeometryParameterFromVolumeNode(scan)
    s.add_segment(node, finer, s.box_mask(), s.SEGMENT)
    segmentation, _, findings = mrml.segmentation_from_node(node)
    assert segmentation.grey is None
    assert "other-grid" in [f.code for f in findings]
    assert segmentation.volume_ml * 1000 == pytest.approx(s.BOX_MM3 / 8)


def test_segments_that_share_one_label_map_are_told_apart(scene):
    node = s.add_segmentation(scene, s.left_handed())
    second = np.zeros_like(s.box_mask())
    second[8:11, 10:14, 16:20] = 1
    s.add_segment(node, s.left_handed(), second, "screw")
    before = [mrml.content_of(node, [one]) for one in (s.SEGMENT, "screw")]
    node.GetSegmentation().CollapseBinaryLabelmaps(False)
    assert node.GetSegmentation().GetNumberOfLayers() == 1
    for one, count, content in zip((s.SEGMENT, "screw"), (s.box_mask().sum(), second.sum()), before, strict=True):
        labels = mrml.labels_from_node(node, [one]).labels
        assert np.count_nonzero(labels.mask(1)) == count
        assert mrml.content_of(node, [one]).same(content)
    s.clear_segment(node, s.SEGMENT)
    assert {one.state for one in mrml.list_segments(node)} == {mrml.SegmentState.EMPTY}


def test_label_map_volumes_keep_their_names_and_nothing_is_written_to_the_users_nodes(scene):
    scan = s.add_volume(scene, s.oblique())
    node = s.add_segmentation(scene, s.oblique(), scan)
    s.add_transform(scene, TURN, node, scan)
    before = [mrml.content_of(one) for one in (node, scan)]
    times = [one.GetMTime() for one in (node.GetSegmentation(), scan.GetImageData())]
    mrml.segmentation_from_node(node)
    mrml.volume_from_node(scan)
    assert [one.GetMTime() for one in (node.GetSegmentation(), scan.GetImageData())] == times
    assert all(mrml.content_of(one).same(was) for one, was in zip((node, scan), before, strict=True))
    labels = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    labels.SetIJKToRASMatrix(s.to_vtk(s.oblique()))
    labels.SetAndObserveImageData(s.add_volume(scene, s.oblique(), s.box_mask()).GetImageData())
    found = mrml.volume_from_node(labels)
    assert found.volume_ml(1) * 1000 == pytest.approx(s.BOX_MM3)
    assert list(found.names) == [1]
