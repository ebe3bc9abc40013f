"""Nothing is ever left half written."""

from __future__ import annotations

import errno
import io
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.errors import Cancelled, ExportError, InputError
from PrintPrepLib.export import MeshKind, OutputFolder, read_mesh, write_assembly, write_mesh
from PrintPrepLib.export import write as write_module
from PrintPrepLib.mesh import Mesh
from Testing.support import shapes

KINDS = [kind.value for kind in MeshKind]


class FullDisk(io.RawIOBase):
    """A file on a disk that holds so many bytes and no more."""

    def __init__(self, file: Any, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: Any) -> int:
        """Write while there is room."""
        self._room -= len(memoryview(data).cast("B")) if len(data) else 0
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("room", [0, 300])
def test_full_disk_leaves_nothing(suffix: str, room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = write_module._write

    def on_full_disk(mesh: Mesh, kind: MeshKind, file: Any, colors: Any, about: Any, progress: Any) -> None:
        original(mesh, kind, FullDisk(file, room), colors, about, progress)

    monkeypatch.setattr(write_module, "_write", on_full_disk)
    (tmp_path / f"old{suffix}").write_text("earlier")
    for name in ("new", "old"):
        with pytest.raises(ExportError, match="disk is full"):
            write_mesh(shapes.sphere(10.0, subdivisions=2), tmp_path / f"{name}{suffix}")
    assert [p.name for p in tmp_path.iterdir()] == [f"old{suffix}"]
    assert (tmp_path / f"old{suffix}").read_text() == "earlier"


def test_full_disk_at_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match="disk is full"):
        write_mesh(shapes.box(), tmp_path / "a.stl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_real_full_device() -> None:
    from PrintPrepLib.export import stl
    from PrintPrepLib.export.temporary import export_error

    with pytest.raises(OSError) as caught, Path("/dev/full").open("wb") as file:  # noqa: PT011
        stl.write(shapes.sphere(), file)
    assert "disk is full" in str(export_error(caught.value, "a.stl"))


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, Cancelled])
@pytest.mark.parametrize("at", [0.0, 0.5, 0.9])
def test_interrupted_write_leaves_nothing(suffix: str, error: type[BaseException], at: float, tmp_path: Path) -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction >= at:
            raise error

    with pytest.raises(error):
        write_mesh(shapes.sphere(10.0, subdivisions=2), tmp_path / f"a{suffix}", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_changed_bytes_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = write_module._write

    def damaged(mesh: Mesh, kind: MeshKind, file: Any, colors: Any, about: Any, progress: Any) -> None:
        buffer = io.BytesIO()
        original(mesh, kind, buffer, colors, about, progress)
        body = bytearray(buffer.getvalue())
        body[84 + 50 * 7 + 14] ^= 0x10  # one bit of a coordinate
        file.write(body)

    monkeypatch.setattr(write_module, "_write", damaged)
    with pytest.raises(ExportError, match="differs by"):
        write_mesh(shapes.sphere(10.0, subdivisions=2), tmp_path / "a.stl")
    assert list(tmp_path.iterdir()) == []


def test_empty_inside_out_and_flat_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="empty"):
        write_mesh(Mesh(np.empty((0, 3)), np.empty((0, 3), int)), tmp_path / "a.stl")
    with pytest.raises(ExportError, match="inside out"):
        write_mesh(shapes.sphere().flipped(), tmp_path / "a.stl")
    with pytest.raises(ExportError, match="no volume"):
        write_mesh(Mesh(shapes.box().vertices * [1, 1, 0], shapes.box().faces), tmp_path / "a.stl")
    with pytest.raises(ExportError, match="inside out"):
        write_assembly([shapes.box(), shapes.sphere().flipped()], tmp_path / "a.3mf")
    assert list(tmp_path.iterdir()) == []


def test_open_surface_may_be_written(tmp_path: Path) -> None:
    write_mesh(shapes.open_box().flipped(), tmp_path / "a.stl")
    assert len(read_mesh(tmp_path / "a.stl").faces) == 10


def test_refusals_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="folder does not exist"):
        write_mesh(shapes.box(), tmp_path / "none" / "a.stl")
    write_mesh(shapes.box(), tmp_path / "a.stl")
    with pytest.raises(ExportError, match="exists already"):
        write_mesh(shapes.box(), tmp_path / "a.stl", overwrite=False)
    with pytest.raises(InputError, match="cannot hold colors"):
        write_mesh(shapes.box(), tmp_path / "a.stl", colors=np.zeros((8, 3), np.uint8))
    with pytest.raises(InputError, match="several parts"):
        write_assembly([shapes.box()], tmp_path / "a.stl")
    (tmp_path / "dir.stl").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        write_mesh(shapes.box(), tmp_path / "dir.stl")


# ---- the folder of a run -------------------------------------------------------------------------------------------
def test_folder_commits_all_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with OutputFolder(folder) as out:
        write_mesh(shapes.box(), out.file("model.stl"))
        out.file("record.json").write_text("{}")
        assert [p.name for p in folder.iterdir() if not p.name.startswith(".")] == []
        assert out.names == ["model.stl", "record.json"]
    assert sorted(p.name for p in folder.iterdir()) == ["model.stl", "record.json"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, Cancelled, ExportError, RuntimeError])
def test_folder_leaves_nothing_on_failure(error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error), OutputFolder(tmp_path / "a" / "b") as out:  # noqa: PT012
        write_mesh(shapes.box(), out.file("model.stl"))
        raise error
    assert list(tmp_path.iterdir()) == []


def test_folder_keeps_earlier_files_on_failure_and_replaces_at_commit(tmp_path: Path) -> None:
    (tmp_path / "model.stl").write_text("earlier")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Cancelled), OutputFolder(tmp_path) as out:  # noqa: PT012
        write_mesh(shapes.box(), out.file("model.stl"))
        raise Cancelled
    assert (tmp_path / "model.stl").read_text() == "earlier"
    with OutputFolder(tmp_path) as out:
        write_mesh(shapes.box(), out.file("model.stl"))
    assert len(read_mesh(tmp_path / "model.stl").faces) == 12
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.stl", "notes.txt"]


def test_failing_commit_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("earlier a")
    original = Path.replace
    calls = []

    def fails_once(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 3:  # a.txt set aside, a.txt moved, then b.txt
            raise OSError(errno.ENOSPC, "full")
        return original(self, target)

    monkeypatch.setattr(Path, "replace", fails_once)
    with pytest.raises(ExportError, match="disk is full"), OutputFolder(tmp_path) as out:  # noqa: PT012
        out.file("a.txt").write_text("new a")
        out.file("b.txt").write_text("new b")
    assert (tmp_path / "a.txt").read_text() == "earlier a"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_interrupt_during_commit_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        os.kill(os.getpid(), signal.SIGINT)
        return original(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), OutputFolder(tmp_path / "new") as out:  # noqa: PT012
        out.file("a.txt").write_text("a")
        out.file("b.txt").write_text("b")
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is before


def test_folder_refuses_files_and_odd_names(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="is a file"), OutputFolder(tmp_path / "file"):
        pass
    with OutputFolder(tmp_path / "x") as out:
        for name in ("", "a/b", "..", ".hidden"):
            with pytest.raises(ValueError, match="plain file name"):
                out.file(name)
