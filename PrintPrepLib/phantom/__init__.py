"""A CT phantom with known truth, for the demo and for the accuracy test of the whole chain."""

from __future__ import annotations

from .demo import BENCHMARK_SIZE, DEFAULT_SIZE, DemoTruth, make_demo
from .dicom_series import write_series
from .scanner import THRESHOLD_HU, Scan, Variant, scan_shape
from .shape import BoneShape, Crumb

__all__ = [
    "BENCHMARK_SIZE",
    "DEFAULT_SIZE",
    "THRESHOLD_HU",
    "BoneShape",
    "Crumb",
    "DemoTruth",
    "Scan",
    "Variant",
    "make_demo",
    "scan_shape",
    "write_series",
]
