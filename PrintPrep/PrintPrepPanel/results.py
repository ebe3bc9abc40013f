"""What the study has in the scene, told section by section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import slicer
from slicer.i18n import tr as _

from . import exporting, work
from .sections import SECTION_OF_CODE, section_state
from .tables import PlaceTable, fill_findings
from .texts import SECTION_NAMES, SECTIONS

SECTION_OF_STEP = {step: section for section, steps in SECTIONS for step in steps}


class Results:
    """The study of the parameter node. What is costly to find out is asked once in :meth:`show`."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self.outdated = ""
        self.failed: list[dict[str, Any]] = []
        self.final: Any = None
        self.open_holes: list[dict[str, Any]] | None = None
        """Of the checked model, None where there is none."""
        self._table = PlaceTable(panel.ui.checkTable, [_("Result"), _("What was checked")], stretch=1)

    @property
    def study(self) -> Any:
        """The study that is shown, None when there is none yet."""
        node = None if self._panel.parameters is None else self._panel.parameters.study
        if node is None or node.GetScene() is None:
            return None
        from PrintPrepLib.mrml import find_studies

        return next((study for study in find_studies(slicer.mrmlScene) if study.node is node), None)

    def study_for_run(self) -> Any:
        """Return the study that takes the results: that of the same inputs, else a new one."""
        from PrintPrepLib.mrml import create_study, set_sources

        chosen, study = self._panel.parameters, self.study
        if study is not None and study.volume_node is not chosen.volume and study.volume_node is not None:
            study = None  # another patient's scan gets a study of its own
        if study is None:
            study = create_study(slicer.mrmlScene, segmentation_node=chosen.segmentation, volume_node=chosen.volume)
            self._panel.store(study=study.node)
        else:
            set_sources(study, segmentation_node=chosen.segmentation, volume_node=chosen.volume)
        return study

    def there(self) -> tuple[Any, ...]:
        """Return all results in order."""
        from PrintPrepLib.mrml import results

        study = self.study
        return () if study is None else results(study)

    def labels(self) -> tuple[Any, ...]:
        """Return the label maps of the steps on the segmentation, in order."""
        from PrintPrepLib.mrml import label_results

        study = self.study
        return () if study is None else label_results(study)

    def roles(self) -> list[str]:
        """Return the steps on the surface whose results are in the scene, in order."""
        return [one.role for one in self.there()]

    def mesh_steps(self) -> int:
        """Return how many steps on the surface have a result."""
        return sum(role not in work.FINAL_ROLES for role in self.roles())

    def recipe_text(self) -> str:
        """Return the recipe of the last run with every default filled in."""
        from PrintPrepLib.mrml import load_settings

        return str(load_settings(self.study).get(work.RECIPE, ""))

    def shown_node(self) -> Any:
        """Return the model node that counts: the first of the last result."""
        there = self.there()
        return there[-1].node if there else None

    def receipts(self) -> list[Mapping[str, Any]]:
        """Return all receipts in order."""
        return [receipt for one in (*self.labels(), *self.there()) for receipt in one.receipts]

    def section_roles(self, section: str) -> list[str]:
        """Return the roles among the results that belong to a section."""
        if section == "segment":
            return [one.role for one in self.labels()]
        return [role for role in self.roles() if section_of_role(role) == section]

    def undo(self, section: str) -> str:
        """Take the section's last step back and what came after it."""
        roles = self.section_roles(section)
        if not roles:
            raise work.Refused(_("There is nothing to take back here."))
        return work.undo_labels(self.study) if section == "segment" else work.undo(self.study, roles)

    def show(self) -> None:
        """Look at the scene and show every section's state, receipts and findings."""
        from PrintPrepLib.errors import PrintPrepError
        from PrintPrepLib.mrml import load_record

        study, findings, record = self.study, [], None
        self.final, self.outdated, self.failed, self.open_holes = None, "", [], None
        if study is not None:
            try:
                record = load_record(study)
                self.final = work.final_result(study)
                self.outdated = work.why_out_of_date(study)
                self.failed = exporting.failures(study)
            except PrintPrepError as error:
                self.outdated = str(error)
        there = self.there() if study is not None else ()
        if record is not None and there:
            findings = list(record["findings"])
            self.open_holes = record.get("open_holes") if self.final is not None else None
        by_section = {name: [] for name in SECTION_NAMES}
        for receipt in self.receipts() if there or self.labels() else ():
            by_section[section_of_receipt(receipt)].append(receipt)
        for name, section in self._panel.sections.items():
            own = [one for one in findings if SECTION_OF_CODE.get(str(one["code"]), "scan") == name]
            if name == "export":
                own = findings if self.final is not None else []
            elif self.final is None and name != "scan":
                own = []  # the model changed since it was checked
            receipts = by_section[name]
            done = bool(receipts) or (name in ("scan", "export") and bool(own))
            if name == "walls" and any(one["severity"] in ("pass", "warn", "fail") for one in own):
                done = True
            state = section_state(receipts, own) if done else "none"
            roles = self.section_roles(name)
            stale = bool(self.outdated) and done
            section.show(
                "stale" if stale else state, receipts, own if name != "export" else [],
                undo=roles[-1] if roles else "", note=self.outdated if stale else "",
            )  # fmt: skip
        fill_findings(self._table, findings if self.final is not None else [])


def section_of_role(role: str) -> str:
    """Return the section that a result belongs to; checked models belong to none, but parts to the cut."""
    if role == "parts":
        return "cut"
    return SECTION_OF_STEP.get(role.rstrip("0123456789").strip(), "")


def section_of_receipt(receipt: Mapping[str, Any]) -> str:
    """Return the section that tells of a receipt; what it counts (voxels or triangles) says the rest."""
    operation = str(receipt["operation"])
    if operation in SECTION_OF_STEP:
        return SECTION_OF_STEP[operation]
    return "segment" if "voxels" in (receipt.get("after") or {}) else "cut"
