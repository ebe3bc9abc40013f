"""From a screen color to the color that DICOM recommends for display."""

from __future__ import annotations

import numpy as np

_TO_XYZ_D50 = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
"""Linear sRGB to CIE XYZ, adapted by Bradford from D65 to D50, the white of the profile connection space
(IEC 61966-2-1; ICC.1:2022)."""

_WHITE_D50 = np.array([0.9642, 1.0, 0.8251])


def cielab_of(color: tuple[int, int, int]) -> list[int]:
    """Return L*, a*, b* as three unsigned 16-bit numbers, the way PS3.3 C.10.7.1.1 scales them.

    Parameters
    ----------
    color : (red, green, blue)
        sRGB, 0..255.
    """
    values = np.array(color, np.float64) / 255.0
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    ratio = (_TO_XYZ_D50 @ linear) / _WHITE_D50
    cubic = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    lightness = 116 * cubic[1] - 16
    a, b = 500 * (cubic[0] - cubic[1]), 200 * (cubic[1] - cubic[2])
    scaled = (lightness * 65535 / 100, (a + 128) * 65535 / 255, (b + 128) * 65535 / 255)
    return [int(np.clip(np.rint(value), 0, 65535)) for value in scaled]
