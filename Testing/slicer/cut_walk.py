"""What the tests of the panel's cut section share."""

from __future__ import annotations

from typing import Any

from Testing.slicer.panel_walk import MODULE, open_only

SHOW, NAME, BOUNDED, CUTS = range(4)


def with_model(host: Any, mesh: Any = None) -> Any:
    """Open the panel with a study that holds one finished model."""
    from PrintPrepLib.mrml import add_result, create_study

    panel = host.open(MODULE)
    study = create_study(host.scene)
    add_result(study, "simplify", fork() if mesh is None else mesh)
    panel._parameterNode.study = study.node
    open_only(host, panel, "cut")
    assert panel.panel.results.roles() == ["simplify"]
    return panel


def fork() -> Any:
    """A base with two prongs of 8 x 10 mm along z, at x = -11 and 11 (LPS)."""
    from PrintPrepLib.mesh import Mesh
    from Testing.support import shapes

    solid = shapes.box((30.0, 10.0, 10.0)).to_manifold()
    for x in (-11.0, 11.0):
        solid = solid + shapes.box((8.0, 10.0, 40.0), (x, 0.0, 20.0)).to_manifold()
    return Mesh.from_manifold(solid, "fork")


def previews(host: Any) -> dict[str, Any]:
    count = host.scene.GetNumberOfNodesByClass("vtkMRMLModelNode")
    nodes = [host.scene.GetNthNodeByClass(k, "vtkMRMLModelNode") for k in range(count)]
    return {node.GetAttribute("PrintPrep.preview"): node for node in nodes if node.GetAttribute("PrintPrep.preview")}


def plane_of(host: Any) -> Any:
    return host.scene.GetFirstNodeByClass("vtkMRMLMarkupsPlaneNode")


def settle(host: Any) -> None:
    host.pump(0.05)


def bounds(node: Any) -> list[float]:
    box = [0.0] * 6
    node.GetRASBounds(box)
    return box


def tick(panel: Any, row: int, column: int, *, on: bool) -> None:
    import qt

    panel.ui.planesTable.item(row, column).setCheckState(qt.Qt.Checked if on else qt.Qt.Unchecked)


def display_of_model(panel: Any) -> Any:
    return panel.panel.results.shown_node().GetDisplayNode()
