"""The schema of the record: real records fit it, broken ones do not, and our check agrees with ``jsonschema``."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import ExportError
from PrintPrepLib.finding import Finding, Severity
from PrintPrepLib.record.blocks import usage_code
from PrintPrepLib.record.overrides import Acceptance, unused, with_overrides
from PrintPrepLib.record.record import write_record
from PrintPrepLib.record.schema import problems, record_schema
from PrintPrepLib.workflow.recipe import parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from Testing.support.demo import demo_scan
from Testing.support.recipes import CUT_IN_TWO, HEAD, PRINTER

CUT = HEAD + PRINTER + CUT_IN_TWO


@cache
def _text() -> str:
    """A record with every block filled: parts, pins, a printer, and findings of all kinds."""
    scan, _ = demo_scan()
    with TemporaryDirectory() as folder:
        run(RunRequest(scan, Path(folder) / "out", parse_recipe(CUT), use="teaching", pictures=False))
        return (Path(folder) / "out" / "record.json").read_text("utf-8")


def real_record() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(_text())
    return record


def outsider(record: Any) -> bool:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    return bool(jsonschema.Draft202012Validator(record_schema()).is_valid(record))


def test_schema_is_a_schema_and_a_real_record_fits_it() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.Draft202012Validator.check_schema(record_schema())
    record = real_record()
    assert problems(record) == []
    assert outsider(record)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "printprep-record/2"),
        (("ready",), 1),
        (("created_utc",), "yesterday"),
        (("patient_name",), "Doe"),
        (("outputs", 0, "sha256"), "abc"),
        (("outputs", 0, "file"), "/home/jane/model.stl"),
        (("findings", 0, "severity"), "fine"),
        (("findings", 0, "where"), [1.0, 2.0]),
        (("calipers", 0, "planned_mm"), -1.0),
        (("calipers", 0, "measured_mm"), "12"),
        (("steps", 0, "number"), 0),
        (("sign_off", 0, "role"), "robot"),
        (("source", 0, "facts", "patient"), {"name": "Doe"}),
        (("source", 0, "voxels_sha256"), 5),
        (("source", 0, "size"), [1, 2, 3.5]),
        (("print_plan", "orientation_matrix"), [[1, 0, 0, 0]]),
        (("after_print", "weather"), "rain"),
        (("segmentation", "voxel_mm"), None),
    ],
)
def test_broken_records_are_refused(path: tuple[Any, ...], value: Any) -> None:
    record = real_record()
    at: Any = record
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    found = problems(record)
    assert found
    assert str(path[0]) in found[0]
    assert not outsider(record)


@pytest.mark.parametrize("key", sorted(record_schema()["required"]))
def test_every_block_must_be_there(key: str) -> None:
    record = real_record()
    del record[key]
    assert problems(record) == [f"record.{key} is missing"]
    assert not outsider(record)


def test_nothing_unfit_is_written(tmp_path: Any) -> None:
    record = real_record()
    record["phi_included"] = "no"
    with pytest.raises(ExportError, match="phi_included must be boolean"):
        write_record(record, tmp_path / "record.json")
    assert list(tmp_path.iterdir()) == []


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.floats(-2, 2, allow_nan=False), st.text(max_size=6),
    st.lists(st.integers(0, 3), max_size=4),
    st.dictionaries(st.sampled_from(["a", "code", "name"]), st.none(), max_size=2),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_our_check_agrees_with_jsonschema(data: st.DataObject) -> None:
    record = copy.deepcopy(real_record())
    at: Any = record
    while True:  # a random place, a random value there
        keys = list(at) if isinstance(at, dict) else list(range(min(len(at), 3)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(at[key], dict | list) and at[key] and data.draw(st.integers(0, 4)):
            at = at[key]
        else:
            break
    if isinstance(at, dict) and data.draw(st.booleans()):
        del at[key]
    else:
        at[key] = data.draw(VALUES)
    assert (problems(record) == []) == outsider(record)


def test_a_schema_with_unknown_words_is_refused() -> None:
    with pytest.raises(ValueError, match="uniqueItems"):
        problems([1], {"type": "array", "uniqueItems": True})


def test_true_is_not_one() -> None:
    assert problems(True, {"const": 1})
    assert problems(1, {"enum": [True]})
    assert problems(True, {"type": "integer"})
    assert problems(2.0, {"type": "integer"}) == []


def test_acceptance_goes_beside_the_finding_and_changes_no_verdict() -> None:
    findings = [
        Finding("thin", Severity.FAIL, "Thin."),
        Finding("open", Severity.PASS, "Closed."),
        Finding("gap", Severity.NOT_RUN, "No."),
    ]
    accepted = [Acceptance(code, "display only", "AB") for code in ("thin", "open", "gap")]
    rows = with_overrides(findings, accepted)
    assert [row["severity"] for row in rows] == ["fail", "pass", "not run"]
    assert [row["override"] for row in rows] == [{"reason": "display only", "by": "AB"}, None, None]
    assert [finding.measured for finding in unused(accepted, findings)] == ["open", "gap"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("surgical planning", "129013"),
        ("implant fitting", "129016"),
        ("implant planning", "129013"),
        ("Classroom teaching", "129012"),
        ("", None),
        ("explanation", None),
    ],
)
def test_codes_of_intended_use(words: str, code: str | None) -> None:
    found = usage_code(words)
    assert (None if found is None else found["value"]) == code


def test_codes_are_those_of_dicom() -> None:
    from pydicom.sr.codedict import codes

    from PrintPrepLib.record.blocks import _usages

    known = {}
    for name in dir(codes.cid7064):
        code = getattr(codes.cid7064, name)
        if not name.startswith("_") and hasattr(code, "scheme_designator"):
            known[code.value] = (code.scheme_designator, code.meaning)
    for row in _usages():
        assert known[row["code"]] == (row["scheme"], row["meaning"])
