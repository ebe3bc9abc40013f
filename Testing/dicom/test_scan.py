"""Series are found in any folder, split sensibly, and judged truthfully."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import HTJ2KLossless, generate_uid

from PrintPrepLib.dicom import ScanResult, Series, Verdict, best_series, find_series, read_series, scan_folder
from PrintPrepLib.errors import Cancelled, InputError, MissingPackageError
from PrintPrepLib.finding import Severity
from Testing.support.dicom_writer import (
    BIRTH_DATE,
    CORONAL,
    PATIENT_ID,
    PATIENT_NAME,
    SAGITTAL,
    dataset,
    enhanced,
    stack,
    write_slices,
)

EVEN = np.arange(48) * 1.25


def codes(series: Series) -> set[str]:
    return {finding.code for finding in series.findings}


def only(result: ScanResult) -> Series:
    assert len(result.series) == 1
    return result.series[0]


def test_a_clean_series_is_good_whatever_the_file_names(tmp_path: Path) -> None:
    write_slices(tmp_path / "Übung µ 頭" / "a" / "b", stack(EVEN))
    series = only(scan_folder(tmp_path))
    assert series.verdict is Verdict.GOOD
    assert (series.slices, series.rows, series.columns, series.modality) == (48, 12, 10, "CT")
    assert series.spacing_mm == pytest.approx((0.8, 0.5, 1.25))
    assert series.step_min_mm == pytest.approx(1.25)
    assert series.tilt_deg == 0.0
    assert series.height_mm == pytest.approx(47 * 1.25)
    assert codes(series) == {"even-steps", "non-square-pixels"}


def test_slice_thickness_and_numbers_are_not_trusted(tmp_path: Path) -> None:
    slices = stack(EVEN[::-1], extra={"SliceThickness": 5.0, "SpacingBetweenSlices": 7.0})
    write_slices(tmp_path, slices)
    series = only(scan_folder(tmp_path))
    assert series.spacing_mm is not None
    assert series.spacing_mm[2] == pytest.approx(1.25)
    assert "overlapping-slices" in codes(series)


def test_one_missing_interior_slice_is_a_warning_with_its_place(tmp_path: Path) -> None:
    write_slices(tmp_path, stack(np.delete(EVEN, 20)))
    series = only(scan_folder(tmp_path))
    assert series.verdict is Verdict.USABLE
    gap = next(finding for finding in series.findings if finding.code == "missing-slice")
    assert gap.severity is Severity.WARN
    assert gap.where == pytest.approx((-20.0, -30.0, 40.0 + 20 * 1.25))
    assert (series.step_min_mm, series.step_max_mm) == pytest.approx((1.25, 2.5))
    assert series.spacing_mm is not None
    assert series.spacing_mm[2] == pytest.approx(1.25)


@pytest.mark.parametrize("gone", [[20, 21], [10, 30]])
def test_two_missing_slices_fail(tmp_path: Path, gone: list[int]) -> None:
    write_slices(tmp_path, stack(np.delete(EVEN, gone)))
    series = only(scan_folder(tmp_path))
    assert series.verdict is Verdict.POOR
    finding = next(finding for finding in series.findings if finding.code == "missing-slices")
    assert finding.measured == 2


@pytest.mark.parametrize("end", [0, -1])
def test_a_slice_missing_at_an_end_leaves_a_regular_shorter_stack(tmp_path: Path, end: int) -> None:
    write_slices(tmp_path, stack(np.delete(EVEN, end)))
    series = only(scan_folder(tmp_path))
    assert series.verdict is Verdict.GOOD
    assert series.height_mm == pytest.approx(46 * 1.25)


def test_a_change_of_protocol_is_uneven_and_not_missing(tmp_path: Path) -> None:
    depths = np.concatenate([np.arange(20) * 5.0, 95.0 + np.arange(1, 20) * 10.0])
    write_slices(tmp_path, stack(depths))
    series = only(scan_folder(tmp_path))
    assert "uneven-steps" in codes(series)
    assert not {"missing-slice", "missing-slices"} & codes(series)
    assert series.verdict is Verdict.USABLE


def test_rounded_positions_are_even(tmp_path: Path) -> None:
    write_slices(tmp_path, stack(np.round(np.arange(60) * 0.625, 2)))
    series = only(scan_folder(tmp_path))
    assert series.verdict is Verdict.GOOD
    assert series.spacing_mm is not None
    assert series.spacing_mm[2] == pytest.approx(0.625, abs=2e-4)


@pytest.mark.parametrize("angle", [18.5, -22.0])
def test_gantry_tilt_is_measured_and_height_follows_the_table(tmp_path: Path, angle: float) -> None:
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    write_slices(tmp_path, stack(EVEN, orientation=(1, 0, 0, 0, c, -s), direction=(0, 0, 1)))
    series = only(scan_folder(tmp_path))
    assert series.tilt_deg == pytest.approx(abs(angle), abs=1e-6)
    assert series.height_mm == pytest.approx(47 * 1.25)
    assert series.spacing_mm is not None
    assert series.spacing_mm[2] == pytest.approx(1.25 * c)
    assert "gantry-tilt" in codes(series)


def test_the_same_file_twice_is_dropped(tmp_path: Path) -> None:
    paths = write_slices(tmp_path, stack(EVEN))
    for path in paths[:3]:
        shutil.copy(path, tmp_path / f"copy of {path.name}")
    series = only(scan_folder(tmp_path))
    assert (series.slices, series.verdict) == (48, Verdict.GOOD)
    assert next(f for f in series.findings if f.code == "duplicate-instance").measured == 3


def test_the_same_pixels_under_another_identifier_are_dropped(tmp_path: Path) -> None:
    slices = stack(EVEN)
    write_slices(tmp_path / "one", slices)
    write_slices(tmp_path / "two", slices)
    series = only(scan_folder(tmp_path))
    assert series.slices == 48
    assert next(f for f in series.findings if f.code == "duplicate-pixels").measured == 48


def test_other_pixels_at_one_position_are_a_warning(tmp_path: Path) -> None:
    slices = stack(EVEN)
    other = stack([EVEN[5]], series_uid=slices[0].series_uid, frame_of_reference=slices[0].frame_of_reference)
    other[0].values = lambda points: points[..., 0] * 0.0 + 7.0
    write_slices(tmp_path, [*slices, *other])
    series = only(scan_folder(tmp_path))
    assert series.slices == 48
    assert next(f for f in series.findings if f.code == "duplicate-position").severity is Severity.WARN


def test_one_identifier_for_all_slices_is_not_a_duplicate(tmp_path: Path) -> None:
    write_slices(tmp_path, stack(EVEN, sop_uid=generate_uid()))
    series = only(scan_folder(tmp_path))
    assert series.slices == 48
    assert "repeated-identifiers" in codes(series)


def test_time_points_become_series_of_their_own(tmp_path: Path) -> None:
    one, two = generate_uid(), generate_uid()
    for time in (1, 2, 3):
        extra = {"TemporalPositionIdentifier": time, "AcquisitionNumber": time}
        slices = stack(EVEN, series_uid=one, frame_of_reference=two, extra=extra)
        for spec in slices:
            spec.values = lambda points, time=time: points[..., 2] + 100.0 * time
        write_slices(tmp_path / str(time), slices)
    result = scan_folder(tmp_path)
    assert [series.slices for series in result.series] == [48, 48, 48]
    assert len({series.id for series in result.series}) == 3
    assert all("several-blocks" in codes(series) for series in result.series)


def test_a_scout_in_the_series_is_set_aside(tmp_path: Path) -> None:
    slices = stack(EVEN)
    scout = stack([0.0], orientation=SAGITTAL, series_uid=slices[0].series_uid)
    write_slices(tmp_path, [*slices, *scout])
    series = only(scan_folder(tmp_path))
    assert (series.slices, series.verdict) == (48, Verdict.GOOD)
    assert next(f for f in series.findings if f.code == "set-aside").measured == 1


def test_two_orientations_of_many_slices_are_two_series(tmp_path: Path) -> None:
    slices = stack(EVEN)
    other = stack(np.arange(40) * 2.0, orientation=CORONAL, series_uid=slices[0].series_uid)
    write_slices(tmp_path, [*slices, *other])
    result = scan_folder(tmp_path)
    assert [series.slices for series in result.series] == [48, 40]


def test_scouts_alone_are_not_a_volume(tmp_path: Path) -> None:
    uid = generate_uid()
    views = [stack([0.0, 5.0], orientation=way, series_uid=uid) for way in (SAGITTAL, CORONAL)]
    write_slices(tmp_path, [spec for view in views for spec in view])
    series = only(scan_folder(tmp_path))
    assert series.verdict is Verdict.NOT_A_VOLUME
    assert "mixed-orientation" in codes(series)


def test_a_cut_off_slice_counts_as_unreadable(tmp_path: Path) -> None:
    paths = write_slices(tmp_path, stack(EVEN))
    paths[20].write_bytes(paths[20].read_bytes()[:-100])
    series = only(scan_folder(tmp_path))
    assert series.slices == 48
    assert next(f for f in series.findings if f.code == "unreadable-slices").measured == 1
    assert "missing-slice" in codes(series)
    assert series.verdict is Verdict.USABLE
    paths[30].write_bytes(paths[30].read_bytes()[:90])
    series = only(scan_folder(tmp_path))
    assert series.slices == 48
    assert next(f for f in series.findings if f.code == "unreadable-slices").measured == 2
    assert series.verdict is Verdict.POOR


def test_an_enhanced_object_is_placed_frame_by_frame(tmp_path: Path) -> None:
    enhanced(stack(EVEN)[::-1]).save_as(tmp_path / "one", enforce_file_format=True)
    series = only(scan_folder(tmp_path))
    assert series.slices == 48
    assert series.spacing_mm == pytest.approx((0.8, 0.5, 1.25))
    assert "multi-frame" in codes(series)


def test_mixed_patients_and_other_files(tmp_path: Path) -> None:
    write_slices(tmp_path / "p1", stack(EVEN))
    write_slices(tmp_path / "p2", stack(np.arange(60) * 1.0))
    (tmp_path / "readme.txt").write_text("Hello, this is no scan." * 20)
    (tmp_path / "p1" / "empty").write_bytes(b"")
    (tmp_path / "more.zip").write_bytes(b"PK\x03\x04" + bytes(200))
    (tmp_path / "noise").write_bytes(np.random.default_rng(1).bytes(5000))
    (tmp_path / "fake").write_bytes(bytes(128) + b"DICM" + np.random.default_rng(2).bytes(500))
    result = scan_folder(tmp_path)
    assert sorted(series.slices for series in result.series) == [48, 60]
    assert result.ignored == {"not DICOM": 3, "zip archive": 1, "unreadable": 1}
    assert {finding.code for finding in result.findings} == {
        "ignored-not-dicom",
        "ignored-zip-archive",
        "ignored-unreadable",
    }
    assert result.files == 48 + 60 + 5


def test_nothing_to_read_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file or folder"):
        scan_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no files"):
        scan_folder(tmp_path)
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="Unpack it"):
        scan_folder(tmp_path / "a.zip")
    (tmp_path / "a.txt").write_text("nothing")
    with pytest.raises(InputError, match="None of the 2 files"):
        scan_folder(tmp_path)


def test_no_identity_leaves_the_scan(tmp_path: Path) -> None:
    uid = generate_uid()
    folder = tmp_path / PATIENT_NAME
    paths = write_slices(folder, stack(np.delete(EVEN, 9), series_uid=uid), None)
    paths[20].write_bytes(paths[20].read_bytes()[:-100])
    dataset(stack([0.0], orientation=SAGITTAL, series_uid=uid)[0]).save_as(
        folder / PATIENT_ID, enforce_file_format=True
    )
    result = scan_folder(tmp_path)
    text = json.dumps(result.to_dict()) + repr(result)
    for secret in (PATIENT_NAME, "Mustermann", PATIENT_ID, BIRTH_DATE, "20240229", uid, str(tmp_path)):
        assert secret not in text


def test_ids_do_not_depend_on_place_or_order(tmp_path: Path) -> None:
    slices = stack(EVEN)
    write_slices(tmp_path / "a", slices)
    write_slices(tmp_path / "b" / "c", slices[::-1])
    first, second = only(scan_folder(tmp_path / "a")), only(scan_folder(tmp_path / "b"))
    assert first.id == second.id
    assert find_series(scan_folder(tmp_path / "a"), first.id.upper()).id == first.id
    with pytest.raises(InputError, match=first.id):
        find_series(scan_folder(tmp_path / "a"), "nothing")


def test_the_best_series_is_taken_for_a_reason(tmp_path: Path) -> None:
    write_slices(tmp_path / "thick", stack(np.arange(50) * 2.5))
    write_slices(tmp_path / "thin", stack(np.arange(50) * 1.0))
    write_slices(tmp_path / "few", stack(np.arange(5) * 0.5))
    best, why = best_series(scan_folder(tmp_path))
    assert best.spacing_mm is not None
    assert best.spacing_mm[2] == pytest.approx(1.0)
    assert "finer" in why
    with pytest.raises(InputError, match="only 5 slices"):
        best_series(scan_folder(tmp_path / "few"))


def test_progress_is_told_and_a_cancel_is_felt(tmp_path: Path) -> None:
    write_slices(tmp_path, stack(EVEN))
    seen: list[float] = []
    scan_folder(tmp_path, lambda fraction, text: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def stop(fraction: float, text: str) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        scan_folder(tmp_path, stop)


def test_one_frame_of_reference_for_each_file_says_nothing(tmp_path: Path) -> None:
    slices = stack(EVEN)
    for spec in slices:
        spec.frame_of_reference = generate_uid()
    write_slices(tmp_path, slices)
    assert only(scan_folder(tmp_path)).verdict is Verdict.GOOD


def test_two_frames_of_reference_are_two_series(tmp_path: Path) -> None:
    one = stack(EVEN)
    other = stack(EVEN + 0.3, series_uid=one[0].series_uid)
    write_slices(tmp_path, [*one, *other])
    assert [series.slices for series in scan_folder(tmp_path).series] == [48, 48]


def test_two_regions_far_apart_are_two_series(tmp_path: Path) -> None:
    write_slices(tmp_path, stack([*EVEN, *(EVEN + 200.0)]))
    result = scan_folder(tmp_path)
    assert [series.slices for series in result.series] == [48, 48]
    for series in result.series:
        finding = next(f for f in series.findings if f.code == "gap-between-regions")
        assert finding.measured == pytest.approx(200.0 - 47 * 1.25, abs=0.01)
        assert series.verdict is Verdict.USABLE


def test_a_compression_without_its_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, spec in enumerate(stack(EVEN)):
        data = dataset(spec)
        data.file_meta.TransferSyntaxUID = HTJ2KLossless
        data.PixelData = encapsulate([b"\xff\x4f\xff\xd9"])
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True
        data.save_as(tmp_path / str(number), enforce_file_format=True)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    series = only(scan_folder(tmp_path))
    assert series.verdict is Verdict.POOR
    assert "pylibjpeg-openjpeg" in next(f for f in series.findings if f.code == "missing-package").message
    with pytest.raises(MissingPackageError, match="pylibjpeg-openjpeg"):
        read_series(series)
