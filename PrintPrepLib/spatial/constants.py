"""Numbers that both forms of a search (numba and numpy) must share to give the same results."""

from __future__ import annotations

NODE_SLACK = 1.0 - 1e-12  # a box is passed over only when farther than the best by more than rounding: ties stay exact
WELL_SHAPED = 1e-8  # sin^2 of the corner angle below which barycentric coordinates are not trusted alone
STACK = 80  # deepest descent: at most two entries a level, 32 levels
RAY_DOUBT = 1e-12  # relative size of a ray predicate below which another direction decides: some 5000 roundings
SIGN_DOUBT = 1e-6  # cosine to the pseudonormal below which the side is told by counting crossings instead
