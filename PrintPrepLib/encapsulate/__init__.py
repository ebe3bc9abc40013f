"""A model back into the archive: DICOM Encapsulated STL, OBJ and MTL, tied to the series that it was made from.

What is written here carries the patient. It is made only on request, and into a folder of its own.
"""

from __future__ import annotations

from .check import CheckedFile, check_encapsulated
from .request import EncapsulateRequest, Usage
from .source import SourceSeries, read_source
from .write import Encapsulated, encapsulate

__all__ = [
    "CheckedFile",
    "EncapsulateRequest",
    "Encapsulated",
    "SourceSeries",
    "Usage",
    "check_encapsulated",
    "encapsulate",
    "read_source",
]
