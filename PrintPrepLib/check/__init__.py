"""The print-readiness list: every subject is judged, or said not to have been."""

from __future__ import annotations

from .result import CheckResult
from .run import check_mesh

__all__ = ["CheckResult", "check_mesh"]
