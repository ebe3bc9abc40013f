"""The whole chain: from a scan to a checked model file with its record."""

from __future__ import annotations

import uuid
from dataclasses import replace

from ..analysis.deviation import compare
from ..analysis.thickness import Thickness, wall_thickness
from ..check.skin import skin_finding
from ..errors import GeometryError, InputError
from ..export import OutputFolder, WrittenFile, describe_file, write_mesh
from ..export.single import rounded_to_single
from ..export.temporary import staged
from ..finding import Finding, Severity
from ..mesh import Mesh
from ..profiles.accuracy import accuracy_of
from ..profiles.printers import Printer, printer
from ..profiles.processes import process_of
from ..progress import Progress, part, silent
from ..receipt import Stopwatch
from ..record.calipers import caliper_table, carried, on_model
from ..record.hashes import voxels_sha256
from ..record.landed import landed_rows
from ..record.overrides import unused
from ..record.salt import salt_of
from ..scan.review import review
from ..scan.units import judge_units
from ..segment.ready_labels import from_label_map
from ..surface.holelist import open_holes
from ..volume import Volume
from .chain import ChainState, completed
from .checkpoints import Checkpoints, run_with_checkpoints
from .formats import DEFAULT_FORMATS, checked_formats
from .guard import Guard
from .keepsteps import keeper
from .label_words import check_labels, known_values
from .load import load_labels, load_scan
from .model_files import LAID_STEM, about_of, write_laid, write_model
from .mould import mould_findings
from .other_meshes import with_other_meshes
from .papers import Papers
from .parts import check_parts
from .pictures import Photographer
from .printplan import advised
from .proof import check_proof, proof_of
from .recipe import Recipe, load_preset
from .request import RunRequest, RunResult

__all__ = [
    "DEVIATION_FILE",
    "LAID_FILE",
    "MODEL_FILE",
    "RECIPE_FILE",
    "THICKNESS_FILE",
    "RunRequest",
    "RunResult",
    "run",
]

MODEL_FILE = "model.stl"
LAID_FILE = f"{LAID_STEM}.stl"
"""The same model as it lies on the printer, where the recipe ends in orient."""
RECIPE_FILE = "recipe.toml"
DEVIATION_FILE = "deviation.vtp"
THICKNESS_FILE = "thickness.vtp"

WALLS_UP_TO_MM = 5.0
"""Thicker walls are not told apart in a run: no process needs them, and the thickness command goes further."""

DEVIATION_SAMPLES = 100_000
"""Points by area in each direction, besides all vertices of the model, on which the proof against the scan's surface
stands: a share is 2 mm2 on a skull."""

REFERENCE_VERTICES = 200_000
"""Vertices of the scan's surface that are asked as well; simplifying has asked all of them against its tolerance."""


def run(request: RunRequest, *, progress: Progress = silent) -> RunResult:
    """Run the whole chain and write its results; on any error or cancel nothing is left in the output folder.

    Raises
    ------
    InputError, GeometryError, RecipeError, ExportError, Cancelled
        As the steps raise them.
    """
    seconds: dict[str, float] = {}
    watch = Stopwatch()
    record_id = request.record_id or str(uuid.uuid4())
    formats = checked_formats(request.formats or (request.recipe and request.recipe.formats) or DEFAULT_FORMATS)
    if request.recipe is not None:
        request = replace(request, recipe=with_other_meshes(request.recipe, request.meshes))
    chosen_printer = None
    if request.recipe is not None or request.printer:
        name = request.printer or (request.recipe.printer if request.recipe else "")
        chosen_printer = printer(name) if name else None
    with OutputFolder(request.output) as out, Photographer() as photographer:
        salt = None if request.salt_file is None else salt_of(request.salt_file)
        scan = load_scan(request.input, series=request.series, salt=salt, progress=part(progress, 0.0, 0.13))
        guard = Guard.of(
            request.input,
            scan.files,
            labels=request.labels,
            salt=salt,
            on_hit=request.on_patient_data,
            include_identity=request.include_identity,
            origin=request.origin,
            progress=part(progress, 0.13, 0.15),
        )
        scan_hash = voxels_sha256(scan.volume)
        seconds["read"] = _lap(watch, seconds)
        recipe, why = _recipe(request, scan.volume)
        why = why if request.origin is None else (*request.origin.told, *why)
        state, labels_hash = start_state(request, scan.volume)
        _as_expected(request, scan_hash, labels_hash)
        check_labels(recipe, known_values(guard.identities, scan.files))
        recipe = completed(recipe, has_segmentation=state.segmentation is not None)
        kept: list[WrittenFile] = []
        keep = keeper(out, kept) if request.keep_steps else None
        kept_states = None if request.checkpoints is None else Checkpoints(request.checkpoints)
        state, skipped = run_with_checkpoints(
            recipe, state, kept_states, progress=part(progress, 0.15, 0.7), after_step=keep
        )
        assert state.mesh is not None
        assert state.segmentation is not None
        # The file holds single precision: what is measured, checked and drawn is what the file will hold.
        about = about_of(state.receipts, record_id)
        mesh, rounding = rounded_to_single(state.mesh.with_name(" ".join(("model", *about.marks))))
        seconds["steps"] = _lap(watch, seconds)
        proof = proof_of(state, mesh)
        accuracy = accuracy_of(None if chosen_printer is None else chosen_printer.process)
        landed = landed_rows(mesh, state.receipts, accuracy)
        pairs, off_model = on_model(mesh, carried(recipe.calipers, state.to_model))
        calipers = caliper_table(mesh, accuracy, pairs, state.assembly, landed)
        seconds["calipers"] = _lap(watch, seconds)
        if request.pictures:
            photographer.take(out, scan.volume, mesh, proof.surface)
            photographer.take_calipers(out, mesh, calipers)
        deviation = None
        if state.reference is not None:
            deviation = compare(
                proof.surface,
                state.reference,
                samples=DEVIATION_SAMPLES,
                most_vertices_of_b=REFERENCE_VERTICES,
                progress=part(progress, 0.7, 0.78),
            )
            if request.pictures:
                photographer.take_deviation(out, proof.surface, deviation)
                photographer.take_before_after(out, state.reference, proof.surface, deviation.forward.max_at_mm)
        seconds["compare"] = _lap(watch, seconds)
        walls = _walls(mesh, part(progress, 0.78, 0.82))
        if walls is not None and request.pictures:
            photographer.take_thickness(out, mesh, walls, _wall_limit(chosen_printer))
        seconds["thickness"] = _lap(watch, seconds)
        reviewed = review(scan.volume, segmentation=state.segmentation, progress=part(progress, 0.82, 0.83))
        seconds["review"] = _lap(watch, seconds)
        checked = check_proof(
            proof, state, recipe=recipe, printer=chosen_printer, deviation=deviation, walls=walls,
            progress=part(progress, 0.83, 0.9),
        )  # fmt: skip
        seconds["check"] = _lap(watch, seconds)
        skin = skin_finding(scan.volume, proof.surface, hounsfield=judge_units(scan.volume).is_hounsfield)
        checked = replace(checked, findings=(*checked.findings, skin, *proof.findings(about)))
        if state.assembly is not None:  # in parts it need not fit as a whole
            of_parts = check_parts(state.assembly, chosen_printer, part(progress, 0.89, 0.9))
            whole = (finding for finding in checked.findings if finding.code != "printer-size")
            checked = replace(checked, findings=(*whole, *of_parts, *mould_findings(state)))
        judged = (*why, *scan.findings, *reviewed, *checked.findings, *(_rounding(note) for note in rounding))
        advice, no_plan = advised(
            mesh, recipe, chosen_printer, state.assembly, part(progress, 0.9, 0.92), marks=about.marks
        )
        seconds["plan"] = _lap(watch, seconds)
        findings = (*judged, *off_model, *landed.findings, *no_plan, *unused(recipe.accepted, judged))
        ready = all(finding.severity is not Severity.FAIL for finding in findings)
        outputs = write_model(
            mesh,
            state.assembly,
            out,
            name=state.segmentation.name,
            formats=formats,
            about=about,
            proven=state.proven,
            pictures=request.pictures,
            progress=part(progress, 0.92, 0.94),
        )
        outputs += kept
        outputs += write_laid(state, out, about)
        if deviation is not None:
            outputs.append(write_mesh(deviation.colored(proof.surface), out.file(DEVIATION_FILE)))
        if walls is not None:
            outputs.append(write_mesh(walls.colored(mesh), out.file(about.marked(THICKNESS_FILE))))
        with staged(out.file(RECIPE_FILE)) as item:
            item.file.write(recipe.to_toml().encode())
        outputs.append(describe_file(out.file(RECIPE_FILE), "recipe"))
        seconds["export"] = _lap(watch, seconds)
        progress(0.95, "Finishing the pictures")
        outputs += photographer.finished()
        seconds["pictures"] = _lap(watch, seconds)
        findings = (*findings, guard.search(out, part(progress, 0.96, 0.97)))
        seconds["privacy"] = _lap(watch, seconds)
        ready = all(finding.severity is not Severity.FAIL for finding in findings)
        papers = Papers(
            volume=scan.volume,
            scan_hash=scan_hash,
            labels_hash=labels_hash,
            state=state,
            recipe=recipe,
            proof=proof,
            about=about,
            chosen_printer=chosen_printer,
            deviation=deviation,
            walls=walls,
            wall_limit_mm=_wall_limit(chosen_printer),
            measures=checked.measures,
            findings=findings,
            calipers=calipers,
            ready=ready,
            plan=advice,
            open_holes=open_holes(mesh) if checked.measures["open_edges"] else [],
            record_id=record_id,
            guard=guard,
            series=request.series,
            label=request.label,
            pictures=request.pictures,
            keep_steps=request.keep_steps,
            source=None if request.origin is None else request.origin.of(scan.volume.source),
            parent_record=None if request.origin is None else request.origin.parent_record,
        )
        outputs += papers.write(out, tuple(outputs), progress=part(progress, 0.97, 1.0))
        findings = (*findings[:-1], guard.search(out))
        seconds["record"] = _lap(watch, seconds)
        progress(1.0, "Done")
    return RunResult(
        ready=ready,
        outputs=tuple(outputs),
        findings=findings,
        receipts=state.receipts,
        check=checked,
        mesh=mesh,
        segmentation=state.segmentation,
        volume=scan.volume,
        recipe=recipe,
        deviation=deviation,
        seconds=seconds,
        assembly=state.assembly,
        skipped=skipped,
        privacy=guard.to_dict(),
    )


def _walls(mesh: Mesh, progress: Progress) -> Thickness | None:
    """Wall thickness of the model; None where its surface is not closed, which the check tells."""
    try:
        return wall_thickness(mesh, max_mm=WALLS_UP_TO_MM, progress=progress)
    except GeometryError:
        return None


def _wall_limit(chosen: Printer | None) -> float | None:
    return None if chosen is None else process_of(chosen.process).wall_free.value_mm


def _rounding(note: str) -> Finding:
    return Finding("rounding", Severity.INFO, note)


def _lap(watch: Stopwatch, seconds: dict[str, float]) -> float:
    return watch.seconds - sum(seconds.values())


def _recipe(request: RunRequest, volume: Volume) -> tuple[Recipe, tuple[Finding, ...]]:
    """Take the recipe that was asked for, or the preset that fits the scan, and say so."""
    recipe, why = request.recipe, ()
    notes: tuple[Finding, ...] = why
    if recipe is None:
        name = "bone" if judge_units(volume).is_hounsfield else "soft-tissue"
        recipe = load_preset(name)
        notes = (
            Finding(
                "preset-chosen",
                Severity.INFO,
                f"No recipe was given; the preset '{name}' was taken because the values of this scan are "
                f"{'Hounsfield units' if name == 'bone' else 'not Hounsfield units'}.",
                measured=name,
            ),
        )
    if request.formats:
        recipe = replace(recipe, formats=checked_formats(request.formats))
    recipe = recipe.with_case(use=request.use, printer=request.printer)
    return recipe.with_papers(calipers=request.calipers, accepted=request.accepted), notes


def start_state(request: RunRequest, volume: Volume) -> tuple[ChainState, str | None]:
    """Return what a run begins with, the scan and a ready label map where one was given, and the hash of that."""
    if request.labels is None:
        if request.label is not None:
            raise InputError("--label chooses a label of a label map: give the label map with --labels.")
        return ChainState(volume=volume), None
    labels = load_labels(request.labels)
    segmentation, receipt = from_label_map(labels, label=request.label, grey=volume)
    return replace(ChainState(volume=volume), segmentation=segmentation, receipts=(receipt,)), voxels_sha256(labels)


def _as_expected(request: RunRequest, scan: str, labels: str | None) -> None:
    """Refuse another scan or label map than the one that is expected."""
    if request.expected_voxels is None:
        return
    for what, wanted, found in zip(("scan", "label map"), request.expected_voxels, (scan, labels), strict=True):
        if wanted is not None and wanted != found:
            raise InputError(
                f"This is not the {what} of the record: its grid or its voxels differ (SHA-256 {str(found)[:12]}, in "
                f"the record {wanted[:12]}). Give the same {what}. A scan that had to be resampled can differ by the "
                "version of SimpleITK as well."
            )
