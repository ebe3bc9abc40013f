"""Skin is warned of where it is, and nowhere else."""

from __future__ import annotations

import numpy as np

from PrintPrepLib.check.skin import CODE, SKIN_CM2, skin_finding
from PrintPrepLib.finding import Severity
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.volume import Volume
from Testing.support import shapes
from Testing.support.volumes import volume_of

CENTER = (60.0, 60.0, 60.0)


def head(body_part: str = "HEAD") -> Volume:
    """A ball of soft tissue of 50 mm in air, with a skull of 8 mm in it and a sinus of 7 mm at (60, 25, 60)."""
    k, j, i = np.meshgrid(*[np.arange(60) * 2.0] * 3, indexing="ij")
    far = np.sqrt((i - 60) ** 2 + (j - 60) ** 2 + (k - 60) ** 2)
    values = np.where(far < 50, 40, -1000)
    values = np.where((far > 30) & (far < 38), 1200, values)
    sinus = np.sqrt((i - 60) ** 2 + (j - 25) ** 2 + (k - 60) ** 2) < 7
    return volume_of(np.where(sinus, -1000, values).astype(np.int16), (2.0, 2.0, 2.0), facts={"body_part": body_part})


def half_of(mesh: Mesh) -> Mesh:
    return mesh.submesh(mesh.triangles.mean(axis=1)[:, 1] < CENTER[1])


def test_skin_is_measured() -> None:
    skin = shapes.sphere(50.0, CENTER, subdivisions=4)
    found = skin_finding(head(), skin, hounsfield=True)
    assert (found.code, found.severity) == (CODE, Severity.WARN)
    assert isinstance(found.measured, float)
    assert abs(found.measured - skin.area_mm2 / 100) < 0.03 * skin.area_mm2 / 100
    assert "of the head" in found.message
    assert "photograph" in found.advice
    assert found.where is not None
    assert abs(np.linalg.norm(np.array(found.where) - CENTER) - 50.0) < 0.5
    half = skin_finding(head("ABDOMEN"), half_of(skin), hounsfield=True)
    assert isinstance(half.measured, float)
    assert abs(half.measured - skin.area_mm2 / 200) < 0.05 * skin.area_mm2 / 200
    assert "of the head" not in half.message


def test_bone_sinus_and_a_small_patch_are_no_face() -> None:
    for mesh in (
        shapes.sphere(38.0, CENTER, subdivisions=4),  # bone under soft tissue
        shapes.sphere(30.0, CENTER, subdivisions=4).flipped(),  # the inside of the skull
        shapes.sphere(7.0, (60.0, 25.0, 60.0), subdivisions=3).flipped(),  # soft tissue round a small room of air
        shapes.sphere(50.0, CENTER, subdivisions=4).flipped(),  # air inside: a cast
    ):
        found = skin_finding(head(), mesh, hounsfield=True)
        assert found.severity is Severity.PASS, mesh.name
        assert isinstance(found.measured, float)
        assert found.measured < 2.0
    skin = shapes.sphere(50.0, CENTER, subdivisions=5)
    patch = skin.submesh(skin.triangles.mean(axis=1)[:, 2] > 60.0 + 50.0 - 10.0)  # a cap: 2 pi r h = 31 cm2
    found = skin_finding(head(), patch, hounsfield=True)
    assert found.severity is Severity.PASS
    assert isinstance(found.measured, float)
    assert 29.0 < found.measured < 33.0 < SKIN_CM2


def test_without_hounsfield_units_it_is_not_run() -> None:
    found = skin_finding(head(), shapes.sphere(50.0, CENTER), hounsfield=False)
    assert found.severity is Severity.NOT_RUN
    assert "likeness" in found.message
