"""What is looked for, in which forms, what is left out and said; and that the search finds it in every kind of file."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.export import ModelPart, write_mesh, write_parts_file
from PrintPrepLib.record.identity import Identifier, source_identity, summed_up
from PrintPrepLib.record.identity_forms import Kind, forms_of
from PrintPrepLib.record.own_words import own_words
from PrintPrepLib.record.privacy import find_identity, search_files
from Testing.support import shapes
from Testing.support.markers import write_marked_series

PLANTED = {
    "PatientName": "Zwerenz, Ilse",
    "turned name": "ilse_zwerenz",
    "DICOM name": "ZWERENZ^ILSE",
    "BirthDate": "03.02.1961",
    "US date": "02/03/1961",
    "ISO date": "1961-02-03",
    "plain date": "19610203",
    "id with zeros": "0004711234",
    "id without": "4711234",
    "id with others": "KH_8812_x",
    "uid": "1.2.826.0.1.3680043.8.498.77001",
    "accent": "Müßig",
    "accent spelled": "Muessig",
}


def source() -> dict[str, tuple[str, ...]]:
    found = [
        Identifier(Kind.NAME, "Zwerenz^Ilse", "PatientName"),
        Identifier(Kind.NAME, "Müßig^Jörg", "ReferringPhysicianName"),
        Identifier(Kind.DATE, "19610203", "PatientBirthDate"),
        Identifier(Kind.TEXT, "0004711234", "PatientID"),
        Identifier(Kind.TEXT, "KH-8812-x", "AccessionNumber"),
        Identifier(Kind.UID, "1.2.826.0.1.3680043.8.498.77001", "StudyInstanceUID"),
    ]
    return dict(summed_up(found, {}, 1).forms)


def _png(kind: bytes, body: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(kind, body) + pixels + chunk(b"IEND", b"")


def _zip(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, content)
    return out.getvalue()


def _kinds(text: str) -> dict[str, bytes]:
    """The text in every kind of file that comes out of a run, and in those that it could be hidden in."""
    plain = text.encode()
    stl = b"PrintPrep output. SPACE=LPS " + plain.ljust(52, b"\0") + b"\0\0\0\0"
    hidden = _png(b"zTXt", b"Comment\0\0" + zlib.compress(plain))
    uri = b"data:image/png;base64," + base64.b64encode(hidden)
    word = "".join(f"&#{ord(c)};" if ord(c) > 126 else c for c in text)
    return {
        "header.stl": stl,
        "metadata.3mf": _zip("3D/3dmodel.model", b"<metadata name='Title'>" + plain + b"</metadata>"),
        "entry.3mf": _zip(f"Metadata/{text.replace('/', '-')}.xml", b"x") if "/" not in text else _zip("a", plain),
        "nested.zip": _zip("a.zip", _zip("b.gz", gzip.compress(plain))),
        "text.png": _png(b"tEXt", b"Author\0" + text.encode("latin-1")),
        "ztxt.png": hidden,
        "itxt.png": _png(b"iTXt", b"Title\0\1\0de\0Titel\0" + zlib.compress(plain)),
        "exif.png": _png(b"eXIf", b"MM\0*\0\0\0\x08\0\1\x01\x3b\0\2\0\0\0\x20" + plain + b"\0"),
        "report.html": f"<p>{word}</p>".encode(),
        "picture.html": b"<img src='" + uri + b"'>",
        "record.json": json.dumps({"note": f"of {text}"}).encode(),
        "inside.json": json.dumps({"icon": uri.decode()}).encode(),
        "base64.json": json.dumps({"b": base64.b64encode(b"of " + plain + b" told").decode()}).encode(),
        "model.obj": f"# {text}\nv 1 2 3\n".encode(),
        "model.mtl": f"newmtl a\n# {text}\n".encode(),
        "model.ply": b"ply\nformat ascii 1.0\ncomment " + plain + b"\nend_header\n",
        "model.glb": b"glTF\2\0\0\0" + json.dumps({"asset": {"extras": {"a": text}}}).encode(),
        "map.vtp": f'<VTKFile><Piece Name="{text}"/></VTKFile>'.encode(),
        "recipe.toml": f'code = "{text}"\n'.encode(),
        "utf16.txt": text.encode("utf-16"),
        "big.txt": text.encode("utf-16-be"),
        "latin1.txt": text.encode("latin-1"),
        "packed.gz": gzip.compress(plain),
        "header.dcm": b"\0" * 128 + b"DICM\x10\0\x20\0LO" + struct.pack("<H", len(plain)) + plain + b"\x10\0\x30\0",
    }


@pytest.mark.parametrize("what", list(PLANTED))
def test_it_is_caught_in_every_kind_of_file(what: str, tmp_path: Path) -> None:
    forms = source()
    for name, content in _kinds(PLANTED[what]).items():
        (tmp_path / name).write_bytes(content)
    caught = {hit.file for hit in find_identity(tmp_path, forms)}
    assert {path.name for path in tmp_path.iterdir()} - caught == set()
    for name, content in _kinds("Nobody Of-That-Name").items():
        (tmp_path / name).write_bytes(content)
    assert find_identity(tmp_path, forms) == []


def test_names_of_files_and_of_folders_are_searched(tmp_path: Path) -> None:
    (tmp_path / "of Ilse Zwerenz").mkdir()
    (tmp_path / "of Ilse Zwerenz" / "a_19610203.stl").write_bytes(b"")
    hits = find_identity(tmp_path, source())
    assert {where for hit in hits for where in hit.where} == {"PatientName", "PatientBirthDate"}
    assert {hit.member for hit in hits} == {"(file name)"}


def test_what_a_model_is_made_of_makes_no_alarm(tmp_path: Path) -> None:
    """Ids of few digits, short names and common words, against big files of numbers, hashes and our own words."""
    found = [
        Identifier(Kind.NAME, "Lang^Mark", "PatientName"),
        Identifier(Kind.NAME, "Li^Bo", "OperatorsName"),
        Identifier(Kind.TEXT, "20481", "PatientID"),  # a vertex number of the mesh
        Identifier(Kind.TEXT, "12", "AccessionNumber"),
        Identifier(Kind.TEXT, "Bone Thorax", "StudyDescription"),
        Identifier(Kind.TEXT, "3.0.2", "SoftwareVersions"),
        Identifier(Kind.TIME, "120000", "StudyTime"),
    ]
    identity = summed_up(found, {}, 1)
    mesh = shapes.sphere(80.0, (10.0, 20.0, 30.0), subdivisions=6)
    assert len(mesh.vertices) > 20481
    for kind in ("3mf", "glb", "obj", "ply"):
        write_parts_file([ModelPart(mesh, "bone")], tmp_path / f"m.{kind}")
    write_mesh(mesh.with_scalar("deviation_mm", np.sin(mesh.vertices[:, 0])), tmp_path / "m.vtp")
    write_mesh(mesh, tmp_path / "m.stl")
    (tmp_path / "record.json").write_text(json.dumps({"sha256": "a320481f" * 8, "mm": 0.20481, "version": "3.0.2"}))
    assert search_files(tmp_path, identity).hits == ()
    told = {where for one in identity.unsearched for where in one.where}
    assert told == {one.where for one in found} - {"PatientID"}
    (tmp_path / "note.txt").write_text("Mark Lang, id 20481")
    assert {where for hit in search_files(tmp_path, identity).hits for where in hit.where} == {
        "PatientName",
        "PatientID",
    }


def test_the_day_of_making_is_no_alarm_and_said(tmp_path: Path) -> None:
    identity = summed_up(
        [Identifier(Kind.DATE, "20300102", "StudyDate"), Identifier(Kind.DATE, "20300103", "x")], {}, 1
    )
    (tmp_path / "record.json").write_text('{"created_utc": "2030-01-02T03:04:05Z"}')
    done = search_files(tmp_path, identity)
    assert done.clean
    assert ["StudyDate"] in [row["attributes"] for row in done.unsearched]
    (tmp_path / "other.txt").write_text("2030-01-03")
    assert not search_files(tmp_path, identity).clean


@pytest.mark.parametrize(
    ("kind", "value", "there", "not_there"),
    [
        (Kind.NAME, "Okonkwo^Adaeze^Li", {"Okonkwo", "adaeze okonkwo", "Okonkwo, Adaeze", "Li Okonkwo"}, {"Li"}),
        (Kind.NAME, "山田^太郎=やまだ^たろう", {"山田太郎", "やまだ", "山田"}, set()),
        (Kind.NAME, "Đặng^Thị", {"Đặng", "Thị Đặng"}, set()),
        (Kind.NAME, "HEAD", set(), {"HEAD"}),  # of a phantom; the word is in every HTML file
        (Kind.NAME, "Head^Brain", {"Head Brain", "brain, head"}, {"Head", "Brain"}),
        (Kind.DATE, "20210304", {"2021-03-04", "04.03.2021", "03/04/2021", "4.3.2021", "4 Mar 2021"}, {"2021"}),
        (Kind.DATE, "00000000", set(), {"00000000"}),
        (Kind.TIME, "134759.25", {"134759.25", "13:47:59", "134759"}, {"1347"}),
        (Kind.TEXT, "0000123456", {"0000123456", "123456"}, {"0"}),
        (Kind.TEXT, "00042", {"00042"}, {"42"}),
        (Kind.TEXT, "F", set(), {"F"}),
        (Kind.PATH, "IM0001", set(), {"IM0001"}),
        (Kind.UID, "2.25.3298007356985866292956419785", {"2.25.3298007356985866292956419785"}, set()),
    ],
)  # fmt: skip
def test_forms(kind: Kind, value: str, there: set[str], not_there: set[str]) -> None:
    forms = forms_of(kind, value)
    lower = {form.lower() for form in forms}
    assert {text.lower() for text in there} <= lower
    assert forms.isdisjoint(not_there)


def test_own_words_are_those_that_are_written() -> None:
    assert {"triangles", "vertex", "bone", "lang", "smooth"} <= own_words()
    assert own_words().isdisjoint({"miller", "schmidt", "okonkwo", "katzenstein", "zwerenz", "johnson"})


def test_what_is_left_out_is_said_without_its_value(tmp_path: Path) -> None:
    folder, _ = write_marked_series(tmp_path, slices=3)
    identity = source_identity(folder)
    said = json.dumps([(one.reason, one.where) for one in identity.unsearched])
    assert "Rows" in said
    assert "q" + "lo0" not in said
    assert all(one.values >= len(one.where) > 0 for one in identity.unsearched)
