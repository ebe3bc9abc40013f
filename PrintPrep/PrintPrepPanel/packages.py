"""The Python packages that Slicer does not bring: asked for at the moment of first need, never before."""

from __future__ import annotations

from slicer.i18n import tr as _


class PackagesMissing(RuntimeError):  # noqa: N818 - a state that is told, not a bug
    """The packages are not there; the message says what to do."""


def ensure(requirements_file: str) -> None:
    """Make sure that the packages are there; the user is asked before anything is installed.

    Raises
    ------
    PackagesMissing
        The user declined, there is no internet, or nothing is installed during tests.
    """
    import slicer.packaging

    requirements = slicer.packaging.load_requirements(requirements_file)
    why = ""
    try:
        slicer.packaging.pip_ensure(requirements, requester="PrintPrep")
    except Exception as error:  # pip's own errors come in many kinds
        why = str(error)
    missing = [str(one) for one in requirements if not slicer.packaging.pip_check(one)]
    if missing:
        raise PackagesMissing(sentence(missing, why))


def sentence(missing: list[str], why: str = "") -> str:
    """Say what is missing and how to get it, with and without internet."""
    names = ", ".join(missing)
    quoted = " ".join(f"'{name}'" if ">" in name else name for name in missing)
    text = _(
        "PrintPrep needs Python packages that are not installed: {names}. With internet, press Prepare again and allow "
        "the installation. Without internet, on a computer that has it run {download} for your system, carry the "
        "folder 'wheels' over, and run in Slicer's Python console: {install}."
    ).format(
        names=names,
        download=f"'python -m pip download --only-binary=:all: --python-version 3.12 -d wheels {quoted}'",
        install=f'slicer.util.pip_install("--no-index --find-links FOLDER {quoted}")',
    )
    return f"{text} ({why})" if why else text
