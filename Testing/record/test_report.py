"""The report as text: everything escaped, nothing fetched, only known facts, and the words say what was measured."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.errors import InputError
from PrintPrepLib.record import canvas
from PrintPrepLib.record.report import report_html
from PrintPrepLib.record.report.html import Markup, join, tag
from PrintPrepLib.record.report.images import map_panels, model_panels, overlay_panels, read_png
from PrintPrepLib.record.report.words import agreement, attention, headline, verdict
from Testing.support.report import report_folder, report_record, report_text

EVIL = '"><script>alert(1)</script><img src="http://example.org/x.png" onerror="alert(2)">&amp;'


class Elements(HTMLParser):
    """Names and attributes of all elements, and of those the ones left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.all.append((tag, dict(attrs)))
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last, and no other."""
        assert self.open.pop() == tag


def without_pictures(name: str) -> bytes | None:
    return None


def put(value: Any, evil: str) -> Any:
    """Put a text into every text of a record that is free."""
    if isinstance(value, dict):
        fixed = (
            "id", "severity", "kind", "landing", "role", "schema", "status", "operation", "sha256", "created_utc",
            "worst",
        )  # fmt: skip
        return {key: item if key in fixed else put(item, evil) for key, item in value.items()}
    if isinstance(value, list):
        return [put(item, evil) for item in value]
    return evil if isinstance(value, str) else value


def test_elements_are_closed_and_nothing_is_fetched() -> None:
    page = Elements(report_text())
    assert page.open == []
    assert "script" not in {name for name, _ in page.all}
    addresses = [
        value for _, attributes in page.all for key, value in attributes.items()
        if key in ("src", "href", "action", "data", "srcset", "poster", "xlink:href")
    ]  # fmt: skip
    assert addresses
    assert all(str(value).startswith("data:image/png;base64,") for value in addresses)
    (policy,) = [a["content"] for n, a in page.all if n == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy).startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert "url(" not in report_text()
    assert "@import" not in report_text()
    assert len({a.get("id") for _, a in page.all if a.get("id")}) == len([a for _, a in page.all if a.get("id")])


def test_every_text_of_a_record_is_escaped() -> None:
    plain = Elements(report_html(report_record(), without_pictures))
    text = report_html(put(report_record(), EVIL), without_pictures)
    page = Elements(text)
    assert page.open == []
    assert "<script" not in text
    assert "alert(1)" in text
    assert sum(name == "img" for name, _ in page.all) == 0
    assert {name for name, _ in page.all} <= {name for name, _ in plain.all}
    assert not [key for _, attributes in page.all for key in attributes if key.startswith("on")]


def test_only_known_facts_of_the_source_are_told() -> None:
    record = report_record()
    record["source"][0]["facts"] |= {"patient_name": "Katzenstein", "kernel": "B60s"}
    record["unknown"] = "Katzenstein"
    text = report_html(record, without_pictures)
    assert "Katzenstein" not in text
    assert "B60s" in text


def test_elements_refuse_what_could_be_code() -> None:
    assert tag("p", "a < b & c", None, Markup("<b>x</b>"), class_='"') == (
        '<p class="&quot;">a &lt; b &amp; c<b>x</b></p>'
    )  # fmt: skip
    assert join("<", None, 3) == "&lt;3"
    with pytest.raises(ValueError, match="attribute"):
        tag("p", onclick="x")
    with pytest.raises(ValueError, match="element"):
        tag("p><script", "x")


def test_the_page_says_what_the_record_says() -> None:
    record, text = report_record(), report_text()
    for words in (
        "CASE-7", "teaching", "not a diagnosis", "not a substitute for review", record["record_id"],
        "Order of assembly", "Accepted by AB: display only", "off the model", "Original Prusa MK4",
    ):  # fmt: skip
        assert words in text, words
    for row in record["calipers"]:
        assert f"{row['planned_mm']:.2f}" in text
        assert f"± {row['tolerance_mm']:.2f}" in text
    for item in record["outputs"]:
        assert item["file"] == "report.html" or item["sha256"] in text
    for finding in record["findings"]:
        assert f"<code>{finding['code']}</code>" in text
    assert text.count('class="room"') >= 2 * len(record["calipers"]) + 3 * 3  # room to write, never filled by us
    assert text.count('class="box"') == len(record["calipers"])


def test_the_record_names_the_report_and_fits() -> None:
    record = report_record()
    entry = next(item for item in record["outputs"] if item["kind"] == "report")
    assert entry["file"] == "report.html"
    assert entry["bytes"] == (report_folder() / "report.html").stat().st_size


def test_command_writes_the_same_page_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "again.html"
    assert main(["report", str(report_folder() / "record.json"), "-o", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == []
    again, first = target.read_text("utf-8"), report_text()
    row = re.compile(r"<tr><td[^>]*>report\.html</td>.*?</tr>")  # the first could not know its own hash
    assert row.sub("", again) == first


def test_command_refuses_another_picture_and_tells_a_missing_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(report_folder(), tmp_path / "run")
    record, target = tmp_path / "run" / "record.json", tmp_path / "page.html"
    (tmp_path / "run" / "overlay.png").unlink()
    assert main(["report", str(record), "-o", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == ["overlay.png"]
    canvas.write_png(canvas.blank(1600, 1200), tmp_path / "run" / "model.png")
    target.unlink()
    assert main(["report", str(record), "-o", str(target)]) == 2
    assert "SHA-256 differs" in capsys.readouterr().err
    assert not target.exists()
    assert main(["report", str(record), "-o", str(tmp_path / "page.txt")]) == 2


def test_no_pictures_no_claims() -> None:
    text = report_html(report_record(), without_pictures)
    assert "Pictures were left out" in text
    assert "<img" not in text


# ---- pictures --------------------------------------------------------------------------------------------------------
def test_png_is_read_as_it_was_drawn() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (7, 11, 3)).astype(np.uint8)
    data = canvas.png(pixels / 255.0)
    np.testing.assert_array_equal(read_png(data, "a.png"), pixels)
    for broken in (b"", b"GIF89a", data[:-40], data.replace(b"IHDR", b"IHDX"), data[:60] + b"\0" * 20 + data[80:]):
        with pytest.raises(InputError, match=r"a\.png"):
            read_png(broken, "a.png")


def test_panels_of_one_picture_have_one_scale_and_their_scale_bar() -> None:
    def picture(name: str) -> Any:
        return read_png((report_folder() / name).read_bytes(), name)

    for panels, count in (
        (model_panels(picture("model.png")), 4),
        (map_panels(picture("deviation.png"), "Deviation"), 6),
        (map_panels(picture("calipers.png"), "Places", bar=False, strip=False), 6),
        (overlay_panels(picture("overlay.png")), 3),
    ):
        assert len(panels) == count
        assert len({panel.pixels.shape for panel in panels}) == 1
        assert len({panel.words for panel in panels}) == count
        for panel in panels:
            blank = panel.pixels[-1, -1].astype(int)
            bar = np.abs(panel.pixels[-40:, :].astype(int) - blank).sum(axis=2) > 100
            assert bar.any(axis=0).sum() > 50  # a bar with its length
            body = np.abs(panel.pixels[:-64].astype(int) - blank).sum(axis=2) > 30
            assert body.mean() > 0.1  # a model, and no empty cell


# ---- words -----------------------------------------------------------------------------------------------------------
def test_verdict_and_agreement_follow_the_findings() -> None:
    record = report_record()
    for finding in record["findings"]:
        finding["severity"] = "pass"
    for step in record["steps"]:
        step["warnings"] = []
    record["ready"] = True
    assert verdict(record)[:2] == ("pass", "READY TO PRINT")
    assert agreement(record)[0] == "pass"
    assert agreement(record)[1].startswith("Yes. ")
    of_accuracy = next(finding for finding in record["findings"] if finding["code"] == "accuracy")
    for severity, start in (("warn", "Yes, except"), ("fail", "No. "), ("not run", "Not fully"), ("info", "Measured")):
        of_accuracy["severity"] = severity
        assert agreement(record)[0] == severity
        assert agreement(record)[1].startswith(start)
    of_accuracy["severity"] = "warn"
    assert verdict(record)[:2] == ("warn", "READY TO PRINT, WITH WARNINGS")
    record["ready"] = False
    assert verdict(record)[0] == "fail"
    figures = record["proof"]["deviation"]
    assert f"{max(figures['p95_mm'], figures['backward']['p95_mm']):.2f} mm" in agreement(record)[1]


def test_interpolated_slices_are_never_called_proven() -> None:
    record = report_record()
    step = {
        **record["steps"][0],
        "operation": "shape interpolation",
        "before": None,
        "details": {"slice_step_before_mm": 4.0},
    }
    assert "interpolated" not in agreement(record)[1]
    record["steps"].insert(1, step)
    assert "4.0 mm apart, the shape is interpolated: nothing there can be proven" in agreement(record)[1]


def test_warnings_of_steps_need_attention() -> None:
    record = report_record()
    step = next(step for step in record["steps"] if step["operation"] == "smooth")
    step["warnings"] = [*step["warnings"], "1 cm2 of walls were lost."]
    added = {row["message"] for row in attention(record)} - {row["message"] for row in attention(report_record())}
    assert added == {"Smoothing: 1 cm2 of walls were lost."}


@pytest.mark.parametrize(
    ("message", "short"),
    [
        ("The slices lie 1.50 mm apart: coarser than good.", "The slices lie 1.50 mm apart: coarser than good."),
        ("44 walls are too thin to print: " + "wall, 0.80 mm; " * 20, "44 walls are too thin to print."),
        ("Walls of 0.5 mm are thin. " + "x" * 200, "Walls of 0.5 mm are thin."),
    ],
)
def test_headlines(message: str, short: str) -> None:
    assert headline(message) == short


def test_a_plan_is_told_where_there_is_one() -> None:
    record = report_record()
    assert "Advice for all parts" in report_text()  # the run names a printer and a use, and is cut
    record["print_plan"]["advice"] = None
    assert "Advice" not in report_html(record, without_pictures)
    lines = [
        {"subject": "process", "advice": "SLA", "why": "walls of 0.6 mm", "changes": "thicker walls", "warning": False},
        {"subject": "split", "advice": "cut it", "why": "<too large>", "changes": "a larger bed", "warning": True},
    ]
    record["print_plan"]["advice"] = {"lines": lines, "limits": "People decide."}
    text = report_html(record, without_pictures)
    for words in ("Advice", "walls of 0.6 mm", "thicker walls", "Look at this: cut it", "People decide."):
        assert words in text
    assert "&lt;too large&gt;" in text
    assert text.index("cut it") < text.index("walls of 0.6 mm")  # what stands against the plan comes first
