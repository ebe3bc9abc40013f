"""Labels read by programs that know nothing of us: tesseract reads the letters, zxing the code."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.label.code import CodeKind, matrix_modules
from PrintPrepLib.shape.label.step import label
from Testing.shape.label_pictures import colored, heights, lit
from Testing.support import shapes

tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed (apt)")


def _read_letters(picture: np.ndarray, folder: Path) -> str:
    from PIL import Image

    Image.fromarray(picture).save(folder / "letters.png")
    done = subprocess.run(
        ["tesseract", str(folder / "letters.png"), "-", "--psm", "7"],
        capture_output=True, text=True, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )  # fmt: skip
    return done.stdout.strip()


def _read_code(picture: np.ndarray) -> list[str]:
    zxing = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed (extra 'test')")
    return [one.text for one in zxing.read_barcodes(np.ascontiguousarray(picture))]


def _look(before, after, found, *, pixel_mm: float = 0.15, border_mm: float = 3.0) -> np.ndarray:
    """The label as painted in another color: dark where the model is higher or lower than before."""
    size = (found["width_mm"] + 2 * border_mm, found["box_height_mm"] + 2 * border_mm)
    where = (found["at_mm"], found["outward"], found["up"], size, pixel_mm)
    new, old = heights(after, *where), heights(before, *where)
    return colored(np.abs(np.nan_to_num(new - old)), 0.0, found["depth_mm"], raised_dark=True)


@tesseract
@pytest.mark.parametrize(
    ("body", "at", "text", "engrave"),
    [
        (shapes.cylinder(30.0, 30.0, sections=128), (0.0, -30.0, 0.0), "Case 0042", False),
        (shapes.sphere(35.0, subdivisions=5), (0.0, 35.0, 0.0), "Femur 7", True),
    ],
    ids=["raised on a cylinder", "engraved in a sphere"],
)
def test_letters_on_curved_bodies_are_read_and_mirrored_ones_are_not(
    body: Mesh, at: tuple[float, float, float], text: str, engrave: bool, tmp_path: Path
) -> None:
    out, receipt = label(body, text=text, at_mm=at, engrave=engrave, depth_mm=1.5)
    picture = _look(body, out, receipt.details["labels"][0])
    assert _read_letters(picture, tmp_path) == text
    assert _read_letters(picture[:, ::-1], tmp_path) != text


@pytest.mark.parametrize(("kind", "named"), [(CodeKind.QR, "QR code"), (CodeKind.DATA_MATRIX, "data matrix")])
def test_code_is_read_from_painted_tops_and_a_damaged_one_is_not(kind: CodeKind, named: str) -> None:
    ball = shapes.sphere(40.0, subdivisions=5)
    out, receipt = label(ball, code="PP-0042", code_kind=kind, at_mm=(0.0, -40.0, 0.0))
    found = receipt.details["labels"][0]
    assert [item["kind"] for item in found["items"]] == [named]
    assert any(f"The {named} raised" in note for note in receipt.notes)
    picture = _look(ball, out, found, pixel_mm=0.2, border_mm=0.0)
    assert _read_code(picture) == ["PP-0042"]
    damaged = picture.copy()
    third = len(damaged) // 3
    damaged[third : 2 * third, third:] = 0
    assert _read_code(damaged) == []
    assert _read_code(np.full_like(picture, 200)) == []


@pytest.mark.parametrize("kind", list(CodeKind))
def test_engraved_code_is_read_in_one_color_by_light_from_the_side(kind: CodeKind) -> None:
    plate = shapes.plate((40.0, 40.0), 6.0, 0)
    out, receipt = label(plate, code="PP-0042", code_kind=kind, at_mm=(0.0, 0.0, 3.0), engrave=True)
    found = receipt.details["labels"][0]
    where = (found["at_mm"], found["outward"], found["up"], (found["width_mm"], found["box_height_mm"]), 0.2)
    assert _read_code(lit(out, *where, elevation_deg=35.0)) == ["PP-0042"]
    assert _read_code(lit(plate, *where, elevation_deg=35.0)) == []


@pytest.mark.parametrize("content", ["PP-0042", "Größe 7 μ", "https://lab.example/0042", "0" * 120])
def test_a_reader_that_is_not_ours_reads_every_data_matrix(content: str) -> None:
    modules = np.pad(matrix_modules(content), 2)
    picture = np.kron(np.where(modules, 0, 255).astype(np.uint8), np.ones((6, 6), np.uint8))
    assert _read_code(picture) == [content]
    wrong = picture.copy()
    wrong[len(wrong) // 4 : len(wrong) // 2] = 0
    assert _read_code(wrong) != [content]
