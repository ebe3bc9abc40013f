"""The report: one HTML file for people, made from a record and its pictures."""

from __future__ import annotations

from .build import report_html, write_report

__all__ = ["report_html", "write_report"]
