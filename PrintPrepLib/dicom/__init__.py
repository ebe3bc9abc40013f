"""Finds the series in a folder, judges their geometry, and reads a true volume.

Nothing here trusts SliceThickness, InstanceNumber, file names, or a reader's idea of spacing: slices are placed by
ImagePositionPatient along the true normal of their rows and columns.
"""

from __future__ import annotations

from .read import read_series
from .scan import scan_folder
from .series import ScanResult, Series, Verdict, best_series, find_series
from .volume_file import read_label_file, read_volume_file

__all__ = [
    "ScanResult",
    "Series",
    "Verdict",
    "best_series",
    "find_series",
    "read_label_file",
    "read_series",
    "read_volume_file",
    "scan_folder",
]
