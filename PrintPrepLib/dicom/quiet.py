"""Keeps pydicom and ITK from writing to the user's screen: what matters of it becomes a finding."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import SimpleITK as sitk


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings of the readers; they can quote values of the header, and a name may be among them.

    Enter it in the thread that starts the work, around all of its worker threads.
    """
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pydicom")
        sitk.ProcessObject.SetGlobalWarningDisplay(False)
        try:
            yield
        finally:
            sitk.ProcessObject.SetGlobalWarningDisplay(shown)
