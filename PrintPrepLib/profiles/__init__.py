"""Printers, processes, materials and uses, as data: every figure with its source."""

from __future__ import annotations

from .lab import lab_profiles
from .materials import Material, material_names, material_of
from .printers import Printer, printer, printers
from .processes import Process, process_names, process_of
from .uses import Use, use_names, use_of

__all__ = [
    "Material",
    "Printer",
    "Process",
    "Use",
    "lab_profiles",
    "material_names",
    "material_of",
    "printer",
    "printers",
    "process_names",
    "process_of",
    "use_names",
    "use_of",
]
