"""Numbers that both forms of a search (numba and numpy) must share to give the same results."""

from __future__ import annotations

NODE_SLACK = 1.0 - 1e-12  # a box is passed over only when farther than the best by more than rounding: ties stay exact
WELL_SHAPED = 1e-8  # sin^2 of the corner angle below which barycentric coordinates are not trusted alone
STACK = 80  # deepest descent: at most two entries a level, 32 levels
RAY_DOUBT = 1e-12  # relative size of a ray predicate below which another direction decides: some 5000 roundings
SIGN_DOUBT = 1e-6  # cosine to the pseudonormal below which the side is told by counting crossings instead
DOT_BOUND = 16.0 * 2.0**-53  # error of a dot product of differences against its size: 4 roundings, with room to spare
ORIENT3D_BOUND = (7.0 + 56.0 * 2.0**-53) * 2.0**-53  # Shewchuk 1997, doi:10.1007/PL00009321, bound A of orient3d
ORIENT2D_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53  # the same for orient2d
LEAST_PRODUCT = 1e-280  # below this products may underflow and the bounds do not hold
