"""Writing a file beside its final name, so that the name never stands for half a file."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import ExportError


class Staged:
    """A file on its way: written at ``path``, renamed to its final name only when the block ends well."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.file = file

    def finish_writing(self) -> None:
        """Bring every byte to the disk and close, so that the file can be read back."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()


@contextmanager
def staged(final: Path, *, overwrite: bool = True) -> Iterator[Staged]:
    """Write a file under a hidden name in the same folder; rename it when the block ends without an exception.

    On any exception, a cancel and Ctrl-C included, the hidden file is removed and an older file of that name stays.

    Parameters
    ----------
    final : Path
        Where the file shall be.
    overwrite : bool
        Whether a file that is there already may be replaced.

    Raises
    ------
    ExportError
        The folder is missing, the disk is full, rights are missing, or the file exists and must not be replaced.
    """
    if final.is_dir():
        raise ExportError(f"'{final.name}' is a folder. Choose a file name.")
    if not overwrite and final.exists():
        raise ExportError(f"'{final.name}' exists already. Choose another name, or allow it to be replaced.")
    hidden = final.with_name(f".{final.stem[:80]}-{secrets.token_hex(6)}{final.suffix}")
    try:
        with hidden.open("xb") as file:
            item = Staged(hidden, file)
            yield item
            if not file.closed:
                item.finish_writing()
        hidden.replace(final)
        sync_folder(final.parent)
    except OSError as error:
        raise export_error(error, final.name) from error
    finally:
        hidden.unlink(missing_ok=True)


def export_error(error: OSError, name: str) -> ExportError:
    """Say in plain words why a file could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExportError(f"The disk is full; '{name}' was not written and nothing is left of it. Free some space.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ExportError(f"'{name}' may not be written there. Choose a folder in which you may write.")
    if error.errno == errno.ENOENT:
        return ExportError(f"'{name}' cannot be written: its folder does not exist. Create it or choose another.")
    if error.errno == errno.ENAMETOOLONG:
        return ExportError(f"'{name[:40]}...' is too long a name for this disk. Choose a shorter one.")
    return ExportError(f"'{name}' could not be written ({error.strerror or error}). Check the drive.")


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network drives cannot
            raise
    finally:
        os.close(handle)
