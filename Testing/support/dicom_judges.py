"""Outside programs that judge DICOM files: dciodvfy, dcentvfy, DCMTK, Orthanc, and the standard's tables (highdicom).

A judge that is not installed skips the test that asks for it.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
import pytest

_TIMEOUT_S = 120
_START_S = 30.0


@dataclass(frozen=True)
class Verdict:
    """Exit code and the lines that a program wrote."""

    returncode: int
    lines: tuple[str, ...]

    @property
    def errors(self) -> tuple[str, ...]:
        """Lines that name an error or an abort."""
        return tuple(line for line in self.lines if line.startswith(("Error", "Abort", "E:", "F:")))


def dciodvfy(path: Path) -> Verdict:
    """Ask for conformance to the IOD. Blind to document length and nonsense units; knows no OBJ and MTL (2022)."""
    return _verdict(_program("dciodvfy"), "-new", str(path))


def dcentvfy(paths: list[Path]) -> Verdict:
    """Ask whether facts of one patient, study, series are the same in all files. Its exit code says nothing."""
    return _verdict(_program("dcentvfy"), *map(str, paths))


def dcmdump(path: Path) -> Verdict:
    """Ask DCMTK to parse the whole file; it complains of damaged files."""
    return _verdict(_program("dcmdump"), "-q", "+L", str(path))


def missing_by_tables(path: Path) -> list[str]:
    """Return attributes of type 1 and 2 that the standard's tables (as highdicom ships them) ask for and are not there.

    Only mandatory modules, only the top level: conditions are for people.
    """
    found = importlib.util.find_spec("highdicom")
    if found is None or found.origin is None:
        pytest.skip("highdicom is not installed")
    folder = Path(found.origin).parent / "_standard"
    modules = json.loads((folder / "iod_module_map.json").read_text())
    attributes = json.loads((folder / "module_attribute_map.json").read_text())
    file = pydicom.dcmread(path)
    name = {"104.3": "encapsulated-stl", "104.4": "encapsulated-obj", "104.5": "encapsulated-mtl"}[
        str(file.SOPClassUID).removeprefix("1.2.840.10008.5.1.4.1.1.")
    ]
    out = []
    for module in modules[name]:
        if module["usage"] != "M":
            continue
        for attribute in attributes[module["key"]]:
            keyword, kind = attribute["keyword"], attribute["type"]
            if attribute["path"] or kind not in ("1", "2"):
                continue
            if keyword not in file or (kind == "1" and file[keyword].is_empty):
                out.append(keyword)
    return out


@dataclass(frozen=True)
class Archive:
    """A running Orthanc on loopback with an empty database, and the folder in which a DICOM receiver can work."""

    http: str
    dicom_port: int
    receiver_port: int

    def get(self, path: str) -> bytes:
        """Fetch by HTTP."""
        with urllib.request.urlopen(self.http + path, timeout=_TIMEOUT_S) as answer:
            data: bytes = answer.read()
        return data

    def post(self, path: str, data: bytes) -> Any:
        """Send by HTTP; the answer as JSON."""
        request = urllib.request.Request(self.http + path, data=data, method="POST")
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            return json.loads(answer.read())

    def refuses(self, data: bytes) -> bool:
        """Whether it will not take these bytes as a DICOM file."""
        try:
            self.post("/instances", data)
        except urllib.error.HTTPError:
            return True
        return False

    def instance_of(self, sop_uid: str) -> str | None:
        """Orthanc's own id of an instance, None where it has none."""
        found = json.loads(self.get("/instances"))
        for one in found:
            tags = json.loads(self.get(f"/instances/{one}/simplified-tags"))
            if tags["SOPInstanceUID"] == sop_uid:
                return str(one)
        return None


@contextmanager
def orthanc(folder: Path) -> Iterator[Archive]:
    """Start Orthanc on free loopback ports with its database in a folder; it is ended with the block."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    if program is None:
        pytest.skip("Orthanc is not installed")
    http, dicom, receiver = _free_ports(3)
    config = folder / "orthanc.json"
    config.write_text(
        json.dumps(
            {
                "Name": "judge",
                "StorageDirectory": str(folder / "store"),
                "IndexDirectory": str(folder / "store"),
                "HttpPort": http,
                "DicomPort": dicom,
                "DicomAet": "ORTHANC",
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
                "DicomModalities": {"receiver": ["RECEIVER", "127.0.0.1", receiver]},
                "Plugins": [],
            }
        )
    )
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([program, str(config)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    archive = Archive(f"http://127.0.0.1:{http}", dicom, receiver)
    try:
        _wait(archive, process, folder / "orthanc.log")
        yield archive
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def c_store(archive: Archive, path: Path) -> Verdict:
    """Send by ``storescu``; -R proposes the file's own SOP class."""
    address = ("127.0.0.1", str(archive.dicom_port))
    return _verdict(_program("storescu"), "-R", "-aec", "ORTHANC", "-aet", "RECEIVER", *address, str(path))


def c_move(archive: Archive, study: str, series: str, folder: Path) -> Verdict:
    """Fetch a series by ``movescu``, which receives on its own port (``getscu`` 3.6.7 does not offer to take STL)."""
    folder.mkdir(exist_ok=True)
    return _verdict(
        _program("movescu"),
        "-S",
        "-aec",
        "ORTHANC",
        "-aet",
        "RECEIVER",
        "-aem",
        "RECEIVER",
        "+P",
        str(archive.receiver_port),
        "+xe",
        "-od",
        str(folder),
        "-k",
        "QueryRetrieveLevel=SERIES",
        "-k",
        f"StudyInstanceUID={study}",
        "-k",
        f"SeriesInstanceUID={series}",
        "127.0.0.1",
        str(archive.dicom_port),
    )


def c_get(archive: Archive, study: str, series: str, folder: Path, sop_class: str) -> list[int]:
    """Fetch a series by C-GET with pynetdicom, offering to take one SOP class; the status of each answer.

    By C-GET the files come back on the connection that asks, so it must offer to be the taking side for their class
    (PS3.7, D.3.3.4). ``getscu`` of DCMTK 3.6.7 offers a list that is built in and has no STL.
    """
    pytest.importorskip("pynetdicom", reason="pynetdicom is not installed")
    from pydicom.dataset import Dataset
    from pynetdicom import AE, build_role, evt
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet as Get

    folder.mkdir(exist_ok=True)

    def take(event: evt.Event) -> int:
        event.dataset.file_meta = event.file_meta
        event.dataset.save_as(folder / f"{event.request.AffectedSOPInstanceUID}.dcm", enforce_file_format=True)
        return 0x0000

    asking = AE("RECEIVER")
    asking.add_requested_context(Get)
    asking.add_requested_context(sop_class)
    roles = [build_role(sop_class, scp_role=True)]
    link = asking.associate(
        "127.0.0.1", archive.dicom_port, ae_title="ORTHANC", ext_neg=roles, evt_handlers=[(evt.EVT_C_STORE, take)]
    )
    if not link.is_established:
        raise AssertionError("the archive took no association")
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID, query.SeriesInstanceUID = "SERIES", study, series
    try:
        return [int(status.Status) for status, _ in link.send_c_get(query, Get) if "Status" in status]
    finally:
        link.release()


def getscu_offers(archive: Archive, folder: Path) -> set[str]:
    """Names of the SOP classes that ``getscu`` offers to take, as it says them."""
    folder.mkdir(exist_ok=True)
    verdict = _verdict(
        _program("getscu"), "-d", "-S", "-aec", "ORTHANC", "-aet", "RECEIVER", "-od", str(folder),
        "-k", "QueryRetrieveLevel=SERIES", "-k", "SeriesInstanceUID=2.25.1", "-k", "StudyInstanceUID=2.25.2",
        "127.0.0.1", str(archive.dicom_port),
    )  # fmt: skip
    return {line.partition("Abstract Syntax: =")[2].strip() for line in verdict.lines if "Abstract Syntax: =" in line}


def _wait(archive: Archive, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            archive.get("/system")
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"Orthanc did not start: {log.read_text(errors='replace')[-800:]}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _verdict(*command: str) -> Verdict:
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
    )
    lines = tuple(line.strip() for line in (result.stdout + result.stderr).splitlines() if line.strip())
    return Verdict(result.returncode, lines)
