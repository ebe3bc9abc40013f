"""Metal: saturated voxels, and the streaks round them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..finding import Finding, Severity
from ..volume import Volume
from .noise import local_mean_and_sd
from .units import UnitVerdict

METAL_HU = 3000.0
"""No tissue is so dense (enamel reaches about 2850 HU in InVesalius' table); 3071 is the ceiling of a 12-bit scale."""

METAL_MM3 = 10.0
"""Less than this is a speck of enamel or one noisy voxel, not an implant: the tip of a screw 2 mm wide is larger."""

STREAK_RATIO = 1.3
"""Unrest of soft tissue near metal against the same slices far from it: more than this are streaks. Even noise gives
1.0; a chest with a stent graft and wires gave 1.5. To be checked on more scans."""

WINDOW_MM = 8.0
"""Width of the windows in which unrest is measured: wide enough to hold a bright and a dark streak."""

RING_MM = (3.0, 25.0)
"""Distance from metal at which streaks are sought: beyond its blurred rim, within the reach of most streaks."""

FAR_MM = 40.0
"""Distance from metal from which tissue counts as undisturbed."""

TISSUE = (-250.0, 250.0)
"""Local means that count as soft tissue, dark and bright streaks included."""

STREAK_SLICES = 8
"""Slices with most metal in which streaks are measured."""

LEAST_PIXELS = 200
"""Fewer pixels near or far do not give a median."""


def metal_findings(volume: Volume, verdict: UnitVerdict) -> tuple[Finding, ...]:
    """Find metal by its HU, with volume and place of the largest cluster, and measure the streaks."""
    if not verdict.is_hounsfield:
        return (
            Finding(
                "metal",
                Severity.NOT_RUN,
                "Metal was not looked for: it shows by its HU, and this scan has none.",
                advice="On MR, look for black holes with bright rims round implants.",
            ),
        )
    if verdict.highest < METAL_HU:
        message = f"No metal: the brightest voxel has {verdict.highest:.0f} HU."
        return (Finding("metal", Severity.PASS, message, 0.0, METAL_MM3, "mm3"),)
    array = volume.array
    metal = array >= METAL_HU
    total = float(np.count_nonzero(metal)) * volume.voxel_volume_mm3
    largest, where, clusters = _largest(metal, volume)
    seen = f"{total:.0f} mm3 at or above {METAL_HU:.0f} HU in {clusters} cluster(s), the largest {largest:.0f} mm3"
    if total < METAL_MM3:
        message = f"Hardly any metal: {seen}."
        return (Finding("metal", Severity.INFO, message, total, METAL_MM3, "mm3", where),)
    found = Finding(
        "metal",
        Severity.WARN,
        f"Metal: {seen}.",
        total,
        METAL_MM3,
        "mm3",
        where,
        "Metal looks thicker than it is, and bone beside it may be missing or false. Decide whether it belongs to the "
        "model, and check the surface near it against the scan.",
    )
    return found, _streaks(volume, metal)


def _largest(metal: npt.NDArray[np.bool_], volume: Volume) -> tuple[float, tuple[float, float, float], int]:
    at = np.argwhere(metal)
    low, high = at.min(axis=0), at.max(axis=0) + 1
    box = metal[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))]
    labels = np.empty(box.shape, np.int32)
    count = int(ndimage.label(box, np.ones((3, 3, 3), bool), output=labels))
    sizes = np.bincount(labels[tuple((at - low).T)], minlength=count + 1)
    center = at[labels[tuple((at - low).T)] == int(np.argmax(sizes))].mean(axis=0)
    x, y, z = volume.to_lps(center[None, ::-1])[0].tolist()
    return float(sizes.max()) * volume.voxel_volume_mm3, (x, y, z), count


def _streaks(volume: Volume, metal: npt.NDArray[np.bool_]) -> Finding:
    amount = np.count_nonzero(metal, axis=(1, 2))
    chosen = np.argsort(-amount)[:STREAK_SLICES]
    chosen = chosen[amount[chosen] > 0]
    spacing = volume.spacing_mm[1::-1]
    mean, sd = local_mean_and_sd(volume.array[chosen], max(3, round(WINDOW_MM / min(spacing))))
    distance = np.stack([np.asarray(ndimage.distance_transform_edt(~metal[k], sampling=spacing)) for k in chosen])
    tissue = (mean > TISSUE[0]) & (mean < TISSUE[1])
    near = sd[tissue & (distance > RING_MM[0]) & (distance < RING_MM[1])]
    far = sd[tissue & (distance > FAR_MM)]
    if min(len(near), len(far)) < LEAST_PIXELS:
        return Finding(
            "metal-streaks",
            Severity.NOT_RUN,
            "Streaks were not measured: too little soft tissue lies near the metal, or far from it, to compare.",
            advice="Look at the slices with metal by eye.",
        )
    ratio = float(np.median(near)) / max(float(np.median(far)), 1e-6)
    good = ratio <= STREAK_RATIO
    return Finding(
        "metal-streaks",
        Severity.PASS if good else Severity.WARN,
        f"Near the metal soft tissue is {ratio:.1f} times as uneven ({np.median(near):.0f} HU) as far from it "
        f"({np.median(far):.0f} HU).",
        ratio,
        STREAK_RATIO,
        advice=""
        if good
        else "Streaks reach into the structure: ask for a reconstruction with metal artifact reduction.",
    )
