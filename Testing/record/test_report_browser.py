"""The report in a real browser, and printed; and that the judge catches a broken page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from PrintPrepLib.record.report import report_html
from Testing.record.test_report import EVIL, put, without_pictures
from Testing.support.browser import PHONE_PX, look_at, printed
from Testing.support.report import report_folder, report_record, report_text

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


def page_of(folder: Path, text: str) -> Path:
    path = folder / "page.html"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("width", [PHONE_PX, 1280])
def test_the_browser_has_nothing_to_complain_of(width: int) -> None:
    seen = look_at(report_folder() / "report.html", width=width)
    assert seen.console == ()
    assert seen.requests == ()
    assert seen.scripts == 0
    assert seen.images >= 4 + 3 + 6 + 4 + 6 + 2 + 1 + 6
    assert seen.broken == 0
    assert seen.unnamed == 0
    assert seen.scroll_px <= width
    assert seen.wide == 0
    assert "CASE-7" in seen.title
    assert "What needs attention" in seen.text


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_prints_well(paper: str) -> None:
    sheets = printed(report_folder() / "report.html", paper)
    assert "not a substitute for review" in sheets[0]  # the first page is one page
    assert "The proof" in sheets[0]
    assert "Agreement with the scan" not in sheets[0]
    assert len(sheets) <= 16
    text = "\n".join(sheets)
    for words in ("Measure the print", "Prepared by", "Passed (", "SHA-256", "Order of assembly"):  # folded out, too
        assert words in text, words
    assert f"1 / {len(sheets)}" in sheets[0]


def test_evil_texts_stay_texts(tmp_path: Path) -> None:
    seen = look_at(page_of(tmp_path, report_html(put(report_record(), EVIL), without_pictures)))
    assert (seen.scripts, seen.images, seen.requests, seen.console) == (0, 0, (), ())
    assert "<script>alert(1)</script>" in seen.text
    assert seen.scroll_px <= PHONE_PX


# ---- the judge can fail ----------------------------------------------------------------------------------------------
def test_a_broken_picture_is_caught(tmp_path: Path) -> None:
    text = report_text().replace("base64,iVBOR", "base64,AAAAA", 1)
    assert look_at(page_of(tmp_path, text)).broken == 1


def test_a_wide_page_is_caught(tmp_path: Path) -> None:
    text = report_text().replace("</main>", '<div style="width:900px">x</div></main>')
    seen = look_at(page_of(tmp_path, text))
    assert seen.scroll_px > PHONE_PX
    assert seen.wide > 0


def test_a_script_is_caught_and_does_not_run(tmp_path: Path) -> None:
    text = report_text().replace("</main>", "<script>document.title = 'ran'</script></main>")
    seen = look_at(page_of(tmp_path, text))
    assert seen.scripts == 1
    assert seen.console
    assert seen.title != "ran"


def test_an_outside_address_is_caught_and_blocked(tmp_path: Path) -> None:
    text = report_text().replace("</main>", '<img alt="" src="http://127.0.0.1:9/x.png"></main>')
    blocked = look_at(page_of(tmp_path, text))
    assert blocked.console
    assert blocked.broken == 1
    free = look_at(page_of(tmp_path, POLICY.sub("", text)))  # without our policy the browser would ask for it
    assert free.requests == ("http://127.0.0.1:9/x.png",)


def test_a_first_page_that_runs_over_is_caught(tmp_path: Path) -> None:
    text = report_text().replace('<div class="cards">', '<div style="height: 160mm">x</div><div class="cards">')
    assert "not a substitute for review" not in printed(page_of(tmp_path, text), "A4")[0]
