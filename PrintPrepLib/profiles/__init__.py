"""Printer data, as data: every figure with its source."""

from __future__ import annotations

from .printers import Printer, printer, printers

__all__ = ["Printer", "printer", "printers"]
