"""The plan of a model in parts in record and report."""

from __future__ import annotations

import json

from PrintPrepLib.plan.assembly import assembly_of
from PrintPrepLib.profiles.printers import printer
from PrintPrepLib.record.report import report_html
from PrintPrepLib.record.schema import problems
from PrintPrepLib.workflow.printplan import advised
from PrintPrepLib.workflow.recipe import parse_recipe
from Testing.record.test_report import without_pictures
from Testing.support import shapes
from Testing.support.report import report_record

PLANNED = """schema = "printprep-recipe/1"
[case]
use = "surgical planning"
[printer]
name = "prusa-mk4"
[[step]]
do = "threshold"
"""


def test_record_and_report_tell_each_part() -> None:
    halves = assembly_of(["left", "right"], [shapes.box(), shapes.box()])
    recipe = parse_recipe(PLANNED)
    advice, none = advised(shapes.box(), recipe, printer("prusa-mk4"), halves)
    assert none == ()
    assert advice is not None
    record = report_record()
    record["print_plan"]["advice"] = json.loads(json.dumps(advice))
    assert problems(record) == []
    text = report_html(record, without_pictures)
    for words in (
        "Each part",
        "Advice for all parts",
        "print jobs",
        "Part 2, right: advice",
        "Masses and times are",
    ):
        assert words in text
    del record["print_plan"]["advice"]["parts"][0]["matrix"]
    record["print_plan"]["advice"]["parts"][1]["fits"] = "yes"
    assert len(problems(record)) == 1  # the block as a whole fits none of what is allowed
