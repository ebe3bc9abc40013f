"""What a person asks for when a model shall go into the archive, and what is refused before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ..errors import InputError
from ..export import Units

LONGEST_TITLE = 1024
"""DocumentTitle is of the value representation ST: at most 1024 characters (PS3.5, table 6.2-1)."""

LONGEST_DESCRIPTION = 64
"""ContentDescription is of the value representation LO: at most 64 characters (PS3.5, table 6.2-1)."""

SHORTEST_REASON = 8
"""A reason shorter than a word or two explains nothing to the one who finds the file in five years."""


class Usage(Enum):
    """What the model is for, in the words of context group CID 7064."""

    EDUCATIONAL = "educational"
    PLANNING = "planning"
    TOOL = "tool"
    PROSTHETIC = "prosthetic"
    IMPLANT = "implant"
    SIMULATION = "simulation"
    QUALITY_CONTROL = "quality-control"
    DIAGNOSTIC = "diagnostic"


@dataclass(frozen=True)
class EncapsulateRequest:
    """What to write.

    Attributes
    ----------
    mesh : Path
        ``.stl`` (binary, stored byte for byte), ``.obj`` with its material files (stored byte for byte), or any other
        mesh file, which is stored as binary STL.
    source : Path
        Folder of the DICOM series that the model was made from.
    output : Path
        The file to write, ending in ``.dcm``, in a folder of its own.
    title : str
        Title of the document, as the archive shows it.
    series : str, optional
        Id of the series (from ``scan``), needed where the folder holds more than one.
    usage : Usage, optional
        What the model is for; the standard has room for one. Left out of the file where None.
    description : str
        Free text for the archive, at most 64 characters.
    modified, mirrored : bool or None
        Whether the shape was changed on purpose (pins, cuts, thickened walls), and whether it is a mirror image.
        None: nobody said, and the file does not say either.
    face : bool or None
        Whether a person could be recognized by the shape. None as above, with a warning.
    identity_on_model : bool
        Whether name, number or date are engraved on the model itself ("burned in").
    color : (red, green, blue), optional
        Recommended display color, 0..255 sRGB.
    units : Units, optional
        Of the mesh file's numbers, where it states none and they are not millimeters.
    outside_reason : str
        Why a model that does not lie within the scan is to be written all the same. Stands in the file.

    Raises
    ------
    InputError
        A text is empty, too long or unprintable; the output does not end in ``.dcm``.
    """

    mesh: Path
    source: Path
    output: Path
    title: str
    series: str | None = None
    usage: Usage | None = None
    description: str = ""
    modified: bool | None = None
    mirrored: bool | None = None
    face: bool | None = None
    identity_on_model: bool = False
    color: tuple[int, int, int] | None = None
    units: Units | None = None
    outside_reason: str = ""

    def __post_init__(self) -> None:
        _refuse_text("title", self.title, LONGEST_TITLE)
        if not self.title.strip():
            raise InputError("A title is needed: --title says what the archive shows, such as 'Left femur, model'.")
        _refuse_text("description", self.description, LONGEST_DESCRIPTION)
        _refuse_text("reason", self.outside_reason, LONGEST_TITLE)
        if self.outside_reason and len(self.outside_reason.strip()) < SHORTEST_REASON:
            raise InputError("The reason is too short to tell anybody anything. Write a sentence that names it.")
        if self.output.suffix.lower() != ".dcm":
            raise InputError(f"'{self.output.name}' must end in .dcm: what is written is a DICOM file.")
        if self.color is not None and not all(0 <= value <= 255 for value in self.color):
            raise InputError("A color has three values from 0 to 255: red, green, blue.")


def _refuse_text(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise InputError(f"The {what} has {len(text)} characters; DICOM allows {longest}. Shorten it.")
    if "\\" in text or not all(character.isprintable() for character in text):
        raise InputError(f"The {what} may not hold a backslash, a line break or a control character.")
