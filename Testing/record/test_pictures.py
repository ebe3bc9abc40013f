"""Pictures: the right extent, the right side, the right color, and no graphics driver."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.analysis.lengths import directions
from PrintPrepLib.engine import Engine
from PrintPrepLib.errors import Cancelled, ExportError, GeometryError
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.record import canvas
from PrintPrepLib.record.colors import ColorScale, color_of, round_range, ticks
from PrintPrepLib.record.lettering import bar_length
from PrintPrepLib.record.pictures import View, picture_of_mesh, render_mesh
from PrintPrepLib.record.raster import rasterize
from PrintPrepLib.record.shade import INSIDE_COLOR, MODEL_COLOR
from PrintPrepLib.record.slices import OUTLINE, picture_of_slices, render_slice_overlay, section
from PrintPrepLib.volume import Volume
from Testing.support import shapes
from Testing.support.engines import ENGINES, both

SMALL = (400, 360)


def scene(picture: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Pixels of the model: colored, other than letters (gray-blue, small), heading and scale bar."""
    body = picture[56:-64]
    warm = (body[..., 0] - body[..., 2]) > 0.04
    return np.asarray(warm)


def extent(mask: npt.NDArray[np.bool_]) -> tuple[int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def test_silhouette_has_the_size_of_the_model() -> None:
    mesh = shapes.box((40.0, 20.0, 10.0))
    for view, (wide, high) in {View.FRONT: (40, 10), View.LEFT: (20, 10), View.TOP: (40, 20)}.items():
        width, height = extent(scene(picture_of_mesh(mesh, views=[view], size=(800, 720))))
        assert width / height == pytest.approx(wide / high, rel=0.03), view


def test_scale_bar_and_model_have_one_scale() -> None:
    picture = picture_of_mesh(shapes.sphere(25.0), views=[View.FRONT], size=(800, 720))
    width, height = extent(scene(picture))
    assert width == pytest.approx(height, abs=2)
    bar = np.flatnonzero((picture[-26] < 0.5).all(axis=1))
    line = bar[: np.flatnonzero(np.diff(bar, append=9999) > 1)[0] + 1]
    per_mm = len(line) / bar_length(0.22 * 800 / (width / 50.0))
    assert width / per_mm == pytest.approx(50.0, rel=0.02)


def test_views_show_the_right_side() -> None:
    """A knob on the patient's left is on the viewer's right from the front, and in the middle from the left."""
    body = shapes.sphere(10.0, subdivisions=3)
    knob = shapes.sphere(4.0, (14.0, 0.0, 0.0), subdivisions=3)
    mesh = concatenate([body, knob])
    values = np.r_[np.full(len(body.vertices), np.nan), np.ones(len(knob.vertices))]
    for view, side in {View.FRONT: 1, View.BACK: -1, View.TOP: -1, View.BOTTOM: 1, View.LEFT: 0}.items():
        picture = picture_of_mesh(mesh, views=[view], scalars=values, value_range=(-1, 1), size=(800, 720))
        red = (picture[56:-64, :650, 0] - picture[56:-64, :650, 1]) > 0.25
        middle = np.flatnonzero(red.any(axis=0)).mean() - 325
        assert np.sign(round(middle / 60)) == side, view
    assert directions(np.array([1.0, 0.0, 0.0])) == "L"
    assert directions(np.array([0.0, -1.0, 0.0])) == "A"
    assert directions(np.array([-0.5, 0.8, 0.1])) == "PR"


def test_inner_side_is_red_and_outer_ivory() -> None:
    picture = picture_of_mesh(shapes.sphere(), views=[View.FRONT], size=SMALL)
    center = picture[SMALL[1] // 2 - 4, SMALL[0] // 2]
    assert np.allclose(center / center[0], MODEL_COLOR / MODEL_COLOR[0], atol=0.06)
    turned = picture_of_mesh(shapes.sphere().flipped(), views=[View.FRONT], size=SMALL)
    center = turned[SMALL[1] // 2 - 4, SMALL[0] // 2]
    assert center[1] / center[0] < (INSIDE_COLOR[1] / INSIDE_COLOR[0]) + 0.15


@both
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_rasterizer_agrees_with_brute_force(engine: Engine, seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(-5, 25, (12, 3))
    faces = random.integers(0, 12, (10, 3)).astype(np.int32)
    seen = rasterize(points, faces, 20, 16, engine)
    for y in range(16):
        for x in range(20):
            best, which = np.inf, -1
            for index, face in enumerate(faces):
                a, b, c = points[face]
                area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
                if abs(area) < 1e-9:
                    continue
                p = np.array([x + 0.5, y + 0.5])
                wb = ((p[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (p[1] - a[1])) / area
                wc = ((b[0] - a[0]) * (p[1] - a[1]) - (p[0] - a[0]) * (b[1] - a[1])) / area
                if min(wb, wc, 1 - wb - wc) < 0:
                    continue
                depth = a[2] + wb * (b[2] - a[2]) + wc * (c[2] - a[2])
                if depth < best - 1e-6:
                    best, which = depth, index
            assert (seen.face[y, x] < 0) == (which < 0)
            if which >= 0:
                assert seen.depth[y, x] == pytest.approx(best, abs=1e-4)


@pytest.mark.skipif(len(ENGINES) < 2, reason="numba is not installed")
@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_numba_and_numpy_give_the_same_pixels(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(-20, 60, (40, 3)).round(random.integers(0, 4))  # round numbers: shared edges and depths
    faces = random.integers(0, 40, (60, 3)).astype(np.int32)
    one, other = (rasterize(points, faces, 40, 30, engine) for engine in ENGINES)
    assert np.array_equal(one.face, other.face)
    assert np.array_equal(one.depth, other.depth, equal_nan=True)


def test_colors_and_ranges() -> None:
    middle = color_of(np.array([0.0]), -1, 1, ColorScale.DIVERGING)[0]
    assert np.ptp(middle) < 0.01
    low, high = color_of(np.array([-9.0, 9.0]), -1, 1, ColorScale.DIVERGING)
    assert low[2] > low[0]
    assert high[0] > high[2]
    assert round_range(np.linspace(-0.3, 0.7, 1000), ColorScale.DIVERGING) == (-1.0, 1.0)
    assert round_range(np.linspace(0.3, 2.2, 1000), ColorScale.SEQUENTIAL) == (0.0, 2.5)
    assert ticks(-0.5, 0.5) == pytest.approx([-0.4, -0.2, 0, 0.2, 0.4])
    assert [bar_length(v) for v in (0.9, 7.0, 23.0, 199.0)] == [0.5, 5.0, 20.0, 100.0]


def test_png_is_read_by_others_and_repeats(tmp_path: Path) -> None:
    picture = picture_of_mesh(shapes.box(), views=[View.FRONT], size=(201, 187))
    canvas.write_png(picture, tmp_path / "a.png")
    image = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.png")))
    assert image.shape == (187, 201, 3)
    assert np.array_equal(image, np.rint(picture * 255).astype(np.uint8))
    assert canvas.png(picture) == (tmp_path / "a.png").read_bytes()
    assert zlib.crc32(canvas.png(picture)) == zlib.crc32(
        canvas.png(picture_of_mesh(shapes.box(), views=[View.FRONT], size=(201, 187)))
    )


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match="empty"):
        picture_of_mesh(Mesh(np.empty((0, 3)), np.empty((0, 3), int)))
    with pytest.raises(ValueError, match="one value per vertex"):
        picture_of_mesh(shapes.box(), scalars=np.zeros(3))
    with pytest.raises(ExportError, match="folder does not exist"):
        render_mesh(shapes.box(), tmp_path / "none" / "a.png", size=SMALL)

    def stop(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        render_mesh(shapes.box(), tmp_path / "a.png", size=SMALL, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_any_title_is_text_not_formula() -> None:
    picture = picture_of_mesh(shapes.box(), views=[View.FRONT], size=SMALL, title="cost $5$ | \\frac é 骨")
    assert (picture[:50] < 0.5).any()


def test_no_graphics_library_is_loaded(tmp_path: Path) -> None:
    if not Path("/proc/self/maps").exists():
        pytest.skip("only Linux shows what a process has loaded")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from PrintPrepLib.record.pictures import render_mesh\nfrom Testing.support import shapes\n"
        "render_mesh(shapes.box(), sys.argv[2], size=(200, 200))\n"
        "maps = open('/proc/self/maps').read()\n"
        "assert not any(name in maps for name in ('libGL.so', 'libEGL', 'libOSMesa', 'libX11.so')), 'loaded'\n"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code, str(root), str(tmp_path / "a.png")], check=True, timeout=60)
    assert (tmp_path / "a.png").stat().st_size > 500


# ---- slices --------------------------------------------------------------------------------------------------------
def ball_volume(direction: tuple[float, ...] = (1, 0, 0, 0, 1, 0, 0, 0, 1)) -> tuple[Volume, Mesh]:
    """A bright ball of radius 12 mm at a place off the middle, on a grid of 1 x 1 x 2 mm, and its surface."""
    shape, spacing = (60, 50, 30), (1.0, 1.0, 2.0)
    image = sitk.Image(shape, sitk.sitkInt16)
    image.SetSpacing(spacing)
    image.SetDirection(direction)
    image.SetOrigin((-20.0, 10.0, 5.0))
    volume = Volume(image)
    i, j, k = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    places = volume.to_lps(np.stack([i, j, k], -1).reshape(-1, 3))
    center = volume.to_lps([[35.0, 22.0, 12.0]])[0]
    inside = np.linalg.norm(places - center, axis=1).reshape(shape) < 12.0
    filled = sitk.GetImageFromArray((inside.transpose(2, 1, 0) * 1000).astype(np.int16))
    filled.CopyInformation(image)
    return Volume(filled), shapes.sphere(12.0, tuple(center.tolist()))


@pytest.mark.parametrize(
    "direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (-1, 0, 0, 0, -1, 0, 0, 0, 1), (0, 0, 1, 1, 0, 0, 0, -1, 0)]
)
def test_outline_lies_on_the_edge_of_the_ball(direction: tuple[float, ...]) -> None:
    volume, mesh = ball_volume(tuple(float(d) for d in direction))
    picture = picture_of_slices(volume, mesh, window=(0.0, 1000.0), size=(1500, 640))
    orange = np.abs(picture[60:-60] - OUTLINE).max(axis=2) < 0.05
    for panel in np.split(orange, 3, axis=1):
        wide, high = extent(panel)
        assert wide == pytest.approx(high, rel=0.02)
        white = np.abs(picture[60:-60] - 1.0).max(axis=2) < 0.02
        assert white.any()
    for panel, lit in zip(np.split(orange, 3, axis=1), np.split(picture[60:-60, :, 1] > 0.5, 3, axis=1), strict=True):
        columns, rows = np.flatnonzero(panel.any(axis=0)), np.flatnonzero(panel.any(axis=1))
        inner = lit[rows[0] + 9 : rows[-1] - 9, columns[0] : columns[-1]]
        assert lit[(rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2]
        assert np.flatnonzero(inner.any(axis=0)).mean() == pytest.approx(inner.shape[1] / 2, abs=8)


def test_section_of_a_sphere_is_a_circle() -> None:
    mesh = shapes.sphere(10.0, subdivisions=5)
    for level in (0.0, 6.0):
        start, stop = section(mesh.vertices, mesh.faces, 2, level)
        assert np.allclose(start[:, 2], level, atol=1e-6)
        assert np.linalg.norm(stop - start, axis=1).sum() == pytest.approx(
            2 * np.pi * np.sqrt(100 - level**2), rel=2e-3
        )
        ends = np.round(np.concatenate([start, stop]), 6)
        _, count = np.unique(ends, axis=0, return_counts=True)
        assert (count == 2).all()  # closed


def test_model_outside_the_image_is_refused(tmp_path: Path) -> None:
    volume, mesh = ball_volume()
    with pytest.raises(GeometryError, match="outside the image"):
        render_slice_overlay(volume, shapes.moved(mesh, (500.0, 0.0, 0.0)), tmp_path / "a.png")
    written = render_slice_overlay(volume, mesh, tmp_path / "a.png", point_mm=tuple(mesh.bounds.mean(axis=0).tolist()))
    assert written.kind == "png"
