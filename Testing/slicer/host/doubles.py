"""Doubles of ``slicer.packaging``, ``slicer.i18n`` and the SampleData module: what is asked of them is recorded."""
# ruff: noqa: N802, N803

from __future__ import annotations

import importlib.metadata
import inspect
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Packages:
    """The Python packages of the pretended Slicer."""

    missing: set[str] = field(default_factory=set)
    """Names that shall count as not installed, even where they are."""
    offline: bool = False
    """Installing fails, as in a hospital without internet."""
    ensured: list[list[str]] = field(default_factory=list)
    """What ``pip_ensure`` was called with."""
    installed: list[list[str]] = field(default_factory=list)
    """What was then installed (nothing is: the names leave ``missing``)."""


def packaging_module(packages: Packages) -> types.ModuleType:
    """A stand-in for ``slicer.packaging`` over the given record."""
    from packaging.requirements import Requirement

    def listed(requirements: Any) -> list[Requirement]:
        if isinstance(requirements, str):
            requirements = requirements.split()
        elif isinstance(requirements, Requirement):
            requirements = [requirements]
        return [item if isinstance(item, Requirement) else Requirement(item) for item in requirements]

    def load_requirements(path: Any) -> list[Requirement]:
        lines = [line.strip() for line in Path(path).read_text().splitlines()]
        return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]

    def there(requirement: Requirement) -> bool:
        if requirement.marker is not None and not requirement.marker.evaluate():
            return True
        if requirement.name in packages.missing:
            return False
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            return False
        return bool(requirement.specifier.contains(found, prereleases=True))

    def pip_check(req: Any) -> bool:
        return all(there(item) for item in listed(req))

    def pip_install(requirements: Any, constraints: Any = None, **_options: Any) -> None:
        names = [str(item) for item in listed(requirements)]
        if packages.offline:
            raise RuntimeError("pip failed: no connection")
        packages.installed.append(names)
        packages.missing -= {item.name for item in listed(requirements)}

    def pip_ensure(
        requirements: Any,
        constraints: Any = None,
        skip_packages: Any = None,
        prompt_install: bool = True,
        prompt_restart: bool = True,
        requester: str | None = None,
        skip_in_testing: bool = True,
        show_progress: bool = True,
    ) -> None:
        import slicer

        wanted = listed(requirements)
        packages.ensured.append([str(item) for item in wanted])
        missing = [item for item in wanted if not there(item)]
        if not missing or (skip_in_testing and slicer.app.testingEnabled()):
            return
        if prompt_install and not slicer.util.confirmOkCancelDisplay(
            f"{len(missing)} Python package(s) must be installed. Continue?",
            f"{requester or 'Slicer'} - Install Python Packages",
            detailedText="\n".join(str(item) for item in missing),
        ):
            raise RuntimeError("User declined package installation")
        pip_install([str(item) for item in missing], constraints)

    module = types.ModuleType("slicer.packaging")
    module.__dict__.update(
        load_requirements=load_requirements, pip_check=pip_check, pip_install=pip_install, pip_ensure=pip_ensure,
        isPipInstallInProgress=lambda: False,
    )  # fmt: skip
    return module


def i18n_module() -> types.ModuleType:
    """``slicer.i18n`` in English; refuses text that was put together before it was translated."""
    module = types.ModuleType("slicer.i18n")

    def tr(text: str) -> str:
        if not isinstance(text, str):
            raise TypeError(f"tr() takes text, not {type(text).__name__}")
        return text

    module.__dict__.update(tr=tr, translate=lambda _context, text: text)
    return module


@dataclass
class SampleData:
    """Sources a module registered."""

    sources: list[dict[str, Any]] = field(default_factory=list)


def sample_data_module(record: SampleData) -> types.ModuleType:
    """A stand-in for the module SampleData."""

    class SampleDataLogic:
        @staticmethod
        def registerCustomSampleDataSource(
            category: str = "Custom", sampleName: Any = None, uris: Any = None, fileNames: Any = None,
            nodeNames: Any = None, customDownloader: Any = None, thumbnailFileName: Any = None,
            loadFileTypes: Any = None, loadFiles: Any = None, loadFileProperties: Any = None, checksums: Any = None,
            loadFileType: Any = None,
        ) -> None:  # fmt: skip
            frame = inspect.currentframe()
            assert frame is not None
            given = {name: value for name, value in inspect.getargvalues(frame).locals.items() if name != "frame"}
            if isinstance(uris, str):
                given.update(uris=[uris], fileNames=[fileNames])
            if len(given["uris"]) != len(given["fileNames"]):  # Slicer counts without asking whether there are any
                raise ValueError("All fields of sample data source must have the same length")
            record.sources.append(given)

        def sourceForSampleName(self, sampleName: str) -> Any:
            found = [given for given in record.sources if given["sampleName"] == sampleName]
            return types.SimpleNamespace(**found[0]) if found else None

        def downloadSample(self, sampleName: str) -> Any:
            """Slicer's own loads what ``uris`` names, and never asks a ``customDownloader``: only its button does."""
            raise IndexError(f"'{sampleName}': the host downloads nothing")

    module = types.ModuleType("SampleData")
    module.__dict__.update(SampleDataLogic=SampleDataLogic)
    return module
