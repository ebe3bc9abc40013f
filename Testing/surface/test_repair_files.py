"""Every real broken mesh comes out as a solid, or is refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.spatial import exact_weld
from PrintPrepLib.surface.defects import as_stored, find_defects
from PrintPrepLib.surface.repair import repair
from PrintPrepLib.topology import is_closed_manifold
from Testing.support.data import data_path

REPAIRED = {
    "block_fill-holes-bad.stl": "holes",
    "block_normal-directions-bad.stl": "winding",
    "cube-shuffled.off": "winding",
    "conveyor_nearby-bad.stl": "holes",
    "sphereWithHole.stl": "holes",
    "hourglass_remove-unconnected-bad.stl": "holes",
    "wallhole.obj": "doubles",
    "not_convex.obj": "pinches",
    "lion-head.off": "holes",
    "idler_riser.STL": "weld",
    "featuretype.STL": "weld",
    "manifold_472042.stl": "weld",
    "footbones.ply": "crossings",
    "3DSMaxExport.STL": "crossings",
    "Spider_ascii.stl": "crossings",
    "ChineseDragon-10kv.off": "crossings",
    "StanfordBunny.ply": "crossings",
}
REFUSED = {"soup.stl": "soup", "chair_model.obj": "twice", "Wuson.stl": "sheets"}


def load(name: str) -> Mesh:
    trimesh = pytest.importorskip("trimesh")
    loaded = trimesh.load(data_path(f"meshes/{name}"), process=False, force="mesh")
    return Mesh(np.asarray(loaded.vertices, float), np.asarray(loaded.faces), name)


def crossing_faces_by_meshlab(mesh: Mesh) -> int | None:
    try:
        import pymeshlab
    except ImportError:
        return None
    meshes = pymeshlab.MeshSet()
    meshes.add_mesh(pymeshlab.Mesh(mesh.vertices, mesh.faces))
    meshes.compute_selection_by_self_intersections_per_face()
    return int(meshes.current_mesh().selected_face_number())


@pytest.mark.parametrize(("name", "rung"), REPAIRED.items())
def test_file_becomes_a_solid(name: str, rung: str) -> None:
    out, receipt = repair(load(name))
    assert receipt.details["rung"] == rung
    stored = exact_weld(as_stored(out))
    assert is_closed_manifold(stored)
    assert stored.volume_mm3 > 0
    assert find_defects(out).clean
    assert crossing_faces_by_meshlab(stored) in (0, None)


@pytest.mark.parametrize(("name", "word"), REFUSED.items())
def test_file_without_an_inside_is_refused(name: str, word: str) -> None:
    with pytest.raises(GeometryError, match=word):
        repair(load(name))
