"""PrusaSlicer's slices for a resin printer judge volume and closed voids. It shares no code with this project.

The slices are pictures of 0.1 mm and finer. The flood fill goes over their pixels: what air does not reach from outside
is closed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

TIMEOUT_S = 900


@dataclass(frozen=True)
class Slices:
    """Volume by the gray values of all slices, mm3, and closed voids with their volumes, largest first."""

    volume_mm3: float
    voids_mm3: tuple[float, ...]
    layers: int


def prusa_sla(path: Path, *, side_mm: float, pixels: int, layer_mm: float) -> Slices:
    """Slice for a square resin printer and measure the pictures."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    program = shutil.which("prusa-slicer")
    if program is None:
        pytest.skip("prusa-slicer is not installed")
    settings, out = path.with_suffix(".judge.ini"), path.with_suffix(".judge.sl1")
    lines = {
        "printer_technology": "SLA", "bed_shape": f"0x0,{side_mm:g}x0,{side_mm:g}x{side_mm:g},0x{side_mm:g}",
        "display_width": side_mm, "display_height": side_mm, "display_pixels_x": pixels, "display_pixels_y": pixels,
        "max_print_height": 400, "layer_height": layer_mm, "initial_layer_height": layer_mm, "supports_enable": 0,
        "pad_enable": 0, "hollowing_enable": 0, "elefant_foot_compensation": 0, "absolute_correction": 0,
        "slice_closing_radius": 0.005,
    }  # fmt: skip
    settings.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()))
    try:
        result = subprocess.run(
            [program, "--load", str(settings), f"--center={side_mm / 2:g},{side_mm / 2:g}", "--export-sla",
             f"--output={out}", str(path)],
            capture_output=True, text=True, errors="replace", check=False, timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if not out.exists():
            raise AssertionError(f"prusa-slicer made no slices of {path.name}: {result.stdout[-300:]}{result.stderr}")
        with zipfile.ZipFile(out) as pack:
            names = sorted(name for name in pack.namelist() if name.endswith(".png") and "thumbnail" not in name)
            gray = [np.asarray(image.open(io.BytesIO(pack.read(name))).convert("L")) for name in names]
    finally:
        settings.unlink(missing_ok=True)
        out.unlink(missing_ok=True)
    voxel = (side_mm / pixels) ** 2 * layer_mm
    solid = np.pad(np.stack([one > 127 for one in gray]), 1)
    label, count = ndimage.label(~solid)
    closed = np.bincount(label.ravel(), minlength=count + 1)
    closed[[0, label[0, 0, 0]]] = 0
    volumes = np.sort(closed[closed > 0])[::-1] * voxel
    total = sum(float(one.sum(dtype=np.int64)) for one in gray) / 255.0 * voxel
    return Slices(total, tuple(float(volume) for volume in volumes), len(gray))
