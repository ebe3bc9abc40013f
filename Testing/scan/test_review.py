"""The review finds what was planted, passes nothing that it did not measure, and reads the real scans right."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import Cancelled
from PrintPrepLib.finding import Finding, Severity
from PrintPrepLib.scan.kernel import Sharpness, kernel_finding, sharpness_of
from PrintPrepLib.scan.noise import measure_noise
from PrintPrepLib.scan.review import review
from PrintPrepLib.scan.units import Calibration, judge_units
from PrintPrepLib.segment.islands import islands
from PrintPrepLib.segment.presets import Tissue
from PrintPrepLib.segment.ready_labels import from_label_map
from PrintPrepLib.segment.threshold import threshold
from PrintPrepLib.volume import LabelMap, Volume, image_from_array
from Testing.support.volumes import air, brain, cranium, skull_phantom, thorax, volume_of


def patient(sigma: float = 10.0, size: int = 120) -> np.ndarray:
    """Soft tissue of 50 HU in air, with a bone of 1000 HU, noise added, cut at -1024."""
    array = air((30, size, size)).astype(float)
    array[:, 15:-15, 15:-15] = 50
    array[8:22, 50:70, 50:70] = 1000
    noisy = array + np.random.default_rng(1).normal(0, sigma, array.shape)
    return np.clip(np.round(noisy), -1024, 3071).astype(np.int16)


def found(findings: tuple[Finding, ...], code: str) -> list[Finding]:
    hits = [finding for finding in findings if finding.code == code]
    assert hits, f"no finding {code}"
    return hits


def severity(findings: tuple[Finding, ...], code: str) -> Severity:
    return found(findings, code)[0].severity


def test_good_scan_passes_what_was_measured_and_nothing_else() -> None:
    volume = volume_of(patient(), (0.6, 0.6, 0.8), facts={"manufacturer": "SIEMENS", "kernel": "B45f"})
    seg = threshold(volume, lower=400)[0]
    findings = review(volume, segmentation=seg, detail_mm=2.0)
    assert {f.severity for f in findings} == {Severity.PASS}
    bare = review(volume_of(patient(), (0.6, 0.6, 0.8)))
    for code in ("detail", "kernel", "contrast", "clipped"):
        assert severity(bare, code) is Severity.NOT_RUN
    for finding in bare:
        assert finding.advice or finding.severity in (Severity.PASS, Severity.INFO)


@pytest.mark.parametrize("sigma", [5.0, 20.0, 60.0])
def test_planted_noise_is_measured_within_ten_percent(sigma: float) -> None:
    volume = volume_of(patient(sigma))
    noise = measure_noise(volume, judge_units(volume))
    assert noise is not None
    assert noise.sigma == pytest.approx(sigma, rel=0.1)
    assert severity(review(volume), "noise") is (Severity.WARN if sigma > 55 else Severity.PASS)


def test_noise_without_even_tissue_is_not_run() -> None:
    array = np.random.default_rng(0).integers(-1024, 3000, (6, 20, 20)).astype(np.int16)
    assert severity(review(volume_of(array)), "noise") is Severity.NOT_RUN


@pytest.mark.parametrize(
    ("spacing", "step", "ratio"),
    [
        ((0.5, 0.5, 1.0), Severity.PASS, Severity.PASS),
        ((0.5, 0.5, 1.25), Severity.WARN, Severity.WARN),
        ((1.5, 1.5, 1.5), Severity.WARN, Severity.PASS),
        ((0.5, 0.5, 3.0), Severity.FAIL, Severity.WARN),
    ],
)
def test_spacing(spacing: tuple[float, float, float], step: Severity, ratio: Severity) -> None:
    findings = review(volume_of(patient(), spacing))
    assert (severity(findings, "slice-spacing"), severity(findings, "anisotropy")) == (step, ratio)


def test_detail_against_two_voxels() -> None:
    volume = volume_of(patient(), (0.5, 0.5, 1.0))
    assert severity(review(volume, detail_mm=2.0), "detail") is Severity.PASS
    (finding,) = found(review(volume, detail_mm=1.9), "detail")
    assert (finding.severity, finding.measured, finding.limit) == (Severity.FAIL, 2.0, 1.9)
    with pytest.raises(ValueError, match="positive"):
        review(volume, detail_mm=0.0)


def test_planted_metal_is_found_measured_and_placed() -> None:
    array = patient()
    array[14:16, 80:84, 80:86] = 3071
    volume = volume_of(array, (0.5, 0.5, 1.0))
    (finding,) = found(review(volume), "metal")
    assert finding.severity is Severity.WARN
    assert finding.measured == pytest.approx(2 * 4 * 6 * 0.25)
    np.testing.assert_allclose(finding.where, (82.5 * 0.5, 81.5 * 0.5, 14.5))
    assert severity(review(volume), "metal-streaks") is Severity.NOT_RUN  # no tissue lies 40 mm off to compare with
    assert severity(review(volume_of(patient())), "metal") is Severity.PASS


@pytest.mark.parametrize("height", [0, 150])
def test_planted_streaks_are_seen_and_none_are_made_up(height: int) -> None:
    array = patient(size=260).astype(float)
    array[14:16, 127:134, 127:134] = 3500
    rows, columns = np.indices((260, 260)) - 130
    radius, angle = np.hypot(rows, columns), np.arctan2(rows, columns)
    streaks = height * np.sign(np.sin(12 * angle)) * np.exp(-radius / 20) * (radius > 6)
    volume = volume_of(np.clip(array + streaks, -1024, 3071).astype(np.int16), (0.5, 0.5, 1.0))
    (finding,) = found(review(volume), "metal-streaks")
    assert finding.severity is (Severity.WARN if height else Severity.PASS)
    assert finding.measured == pytest.approx(2.0 if height else 1.0, abs=0.2)


def test_low_contrast_is_told() -> None:
    array = patient(20.0)
    array[8:22, 50:70, 50:70] -= 900  # 100 HU in 50 HU at a noise of 20
    volume = volume_of(array)
    labels = LabelMap(image_from_array((patient(0.0) > 500).astype(np.uint8), volume.image))
    (finding,) = found(review(volume, segmentation=from_label_map(labels, grey=volume)[0]), "contrast")
    assert finding.severity is Severity.WARN
    assert finding.measured == pytest.approx(50 / 20, rel=0.15)


def test_clipped_structure_and_round_field_of_view() -> None:
    array = patient()
    array[20:, 50:70, 50:70] = 1000
    volume = volume_of(array, (0.5, 0.5, 2.0))
    (finding,) = found(review(volume, segmentation=threshold(volume, lower=400)[0]), "clipped")
    assert finding.severity is Severity.WARN
    assert finding.measured == pytest.approx(400 * 0.25)
    assert "superior" in finding.message
    array = patient()
    array[:, :, 70:] = -3024
    volume = volume_of(array, (0.5, 0.5, 2.0))
    (finding,) = found(review(volume, segmentation=threshold(volume, lower=400)[0]), "clipped")
    assert "round field of view" in finding.message
    assert finding.measured == pytest.approx(14 * 20 * 0.5 * 2.0)


def test_units_by_modality_bits_range_and_device() -> None:
    good = patient()
    assert judge_units(volume_of(good)).calibration is Calibration.HOUNSFIELD
    assert judge_units(volume_of(good, modality="")).calibration is Calibration.HOUNSFIELD
    assert judge_units(volume_of(good, modality="MR")).calibration is Calibration.NOT_HOUNSFIELD
    cone = judge_units(volume_of(good, facts={"model": "NewTom VGi"}))
    assert cone.calibration is Calibration.CONE_BEAM
    assert judge_units(volume_of((good // 16 + 64).astype(np.uint8))).calibration is Calibration.NOT_HOUNSFIELD
    assert judge_units(volume_of((good + 1024).astype(np.uint16))).calibration is Calibration.NOT_HOUNSFIELD


def test_shifted_scale_is_a_warning() -> None:
    (finding,) = found(review(volume_of((patient() + 90).astype(np.int16))), "hounsfield-units")
    assert finding.severity is Severity.WARN
    assert finding.measured == pytest.approx(-910, abs=5)


@pytest.mark.parametrize(
    ("kernel", "maker", "sharpness"),
    [
        ("H60s", "SIEMENS", Sharpness.SHARP),
        ("B20f", "Siemens Healthineers", Sharpness.SMOOTH),
        ("I41f\\3", "SIEMENS", Sharpness.MEDIUM),
        ("Br64d", "SIEMENS", Sharpness.SHARP),
        ("BONEPLUS", "GE MEDICAL SYSTEMS", Sharpness.SHARP),
        ("STANDARD", "GE MEDICAL SYSTEMS", Sharpness.MEDIUM),
        ("B", "Philips", Sharpness.MEDIUM),
        ("FC30", "TOSHIBA", Sharpness.SHARP),
        ("unheard of", "SIEMENS", None),
        ("BONE", "", None),
    ],
)
def test_kernels(kernel: str, maker: str, sharpness: Sharpness | None) -> None:
    assert sharpness_of(kernel, maker) is sharpness
    volume = volume_of(air((3, 3, 3)), facts={"kernel": kernel, "manufacturer": maker})
    assert (kernel_finding(volume).severity is Severity.NOT_RUN) == (sharpness is None)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([np.int16, np.uint8, np.float32]), st.sampled_from(["", "CT", "MR"]))
def test_any_volume_gets_a_verdict(seed: int, kind: type, modality: str) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(rng.integers(-1000, 1000), rng.integers(1, 500), rng.integers(1, 12, 3))
    array = (values % (256 if kind is np.uint8 else 4096)).astype(kind)
    findings = review(volume_of(array, modality=modality), detail_mm=1.0)
    assert {"modality", "hounsfield-units", "slice-spacing", "noise", "metal", "contrast", "clipped"} <= {
        finding.code for finding in findings
    }
    assert all(isinstance(finding.to_dict(), dict) for finding in findings)


def test_review_can_be_cancelled() -> None:
    def stop(fraction: float, text: str) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        review(volume_of(patient()), progress=stop)


def test_real_thorax_has_metal_streaks_and_two_cut_ends() -> None:
    volume = thorax()
    findings = review(volume, segmentation=islands(threshold(volume, preset=Tissue.BONE)[0])[0])
    (metal,) = found(findings, "metal")
    assert metal.severity is Severity.WARN
    assert isinstance(metal.measured, float)
    assert metal.measured > 5000
    assert severity(findings, "metal-streaks") is Severity.WARN
    words = " ".join(finding.message for finding in found(findings, "clipped"))
    assert "superior" in words
    assert "inferior" in words


def test_real_cranium_is_cut_at_the_upper_jaw() -> None:
    volume = cranium()
    findings = review(volume, segmentation=islands(threshold(volume, preset=Tissue.BONE)[0])[0])
    (cut,) = found(findings, "clipped")
    assert "bottom (inferior)" in cut.message
    assert severity(findings, "metal") is Severity.PASS
    assert severity(findings, "hounsfield-units") is Severity.PASS


def test_real_brain_has_no_hounsfield_units() -> None:
    volume = Volume(brain().image)
    findings = review(volume, segmentation=threshold(volume, preset=Tissue.MR_OUTER)[0])
    assert severity(findings, "hounsfield-units") is Severity.WARN
    assert severity(findings, "metal") is Severity.NOT_RUN
    assert severity(findings, "clipped") is Severity.PASS


def test_real_phantom_in_time() -> None:
    volume = skull_phantom()
    seg = islands(threshold(volume, lower=300)[0])[0]
    start = time.perf_counter()
    findings = review(volume, segmentation=seg)
    assert time.perf_counter() - start < 6.0  # under 1 s on an idle core
    assert severity(findings, "slice-spacing") is Severity.PASS
    assert severity(findings, "anisotropy") is Severity.WARN
    assert "inferior" in found(findings, "clipped")[0].message
