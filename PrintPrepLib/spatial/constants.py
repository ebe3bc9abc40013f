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

# Balls that grow inside a solid (balls.py).
WALL_COSINE = -0.17364817766693033  # contacts 100 degrees apart or more, seen from the center, hold a wall between them
NEAR_COSINE = 0.5  # a face within 60 degrees of a contact is the same side of the solid: rounding, not another wall
CRITICAL_GRADIENT = 0.5  # size of the distance function's gradient at which the ball rests between several contacts
CONTACTS = 5  # contacts that are remembered; more are never needed to hold a ball, and the ones it left are dropped
STEPS = 12  # contacts met one after the other before a ball is taken as it is
BALL_SLACK = 1.0 + 1e-9  # boxes are passed over only when farther than the ball by more than rounding
TOUCH_SLACK = 1e-10  # mm, the same for tiny balls: far beyond the rounding of coordinates of a meter
SINGLE_SLACK = 2e-6  # the same where they are compared in single precision, against the size of what is compared
LEAST_SPEED = 1e-12  # a plane that recedes but for rounding as fast as the ball grows is never met
RECEDE_SLACK = 1e-7  # a plane that recedes as fast as the ball grows but for rounding stays tangent
FLAT_TRIPLE = 1e-6  # three contacts in one plane do not fix a velocity
ONE_CONTACT = 1.0 + 1e-12  # square of the velocity of a ball that touches in one point, with room for rounding
TOGETHER = 32  # points that follow each other and look for their walls in one list of leaves
MOST_LEAVES = 2048  # (a multiple of 8) in that list; where there would be more, each point looks alone
LIST_STRIDE = 2 * MOST_LEAVES + 24  # (a multiple of 8) no power of two: all rows of the list stay in the nearest cache
AT_ONCE = 32  # leaves that a descent of the tree finds before their triangles are looked at
SHORTER = 3  # times that the reach of a list is halved until it is short enough
EXPECTED_SHARE = 1.25  # the list reaches this much farther than the widest wall among the points before

# The climb of balls to the middle of their wall (proven_balls.py).
CLIMB_SHARE = 0.25  # length of a step, as a share of the distance from the surface
CLIMBS = 60  # steps: each lengthens the distance by up to a quarter, zigzags beside an edge take more
PATIENCE, LEAST_GAIN = 6, 1.01  # a climb that has not gained a hundredth in so many steps is at its top
HALVINGS = 7  # halvings of the last step, which crosses the middle of the wall: to a hundredth of it
LEAST_DISTANCE = 2.2250738585072014e-308  # a place on the surface has no direction away from it, and no division fails

# Closest points of points that lie close together (_kernels_closest.py).
GROUP = 32  # points whose closest triangles are listed together, at most,
GROUP_LEAST = 4  # and at least: fewer look alone
GROUP_LIST = 384  # triangles in the list; where there would be more, each point looks alone
GROUP_WIDTH = 0.8  # width of the box of such points against the distance of the surface: wider, and the list is long
GROUP_SLACK = 1.0 + 1e-9  # room for rounding in what is listed
DISC_FLAT = 1e-4  # double area of a triangle against the square of its size below which its plane is not trusted
DISC_SLACK = 1.0 - 1e-9  # room for rounding of the squared distance of discs: as a share,
DISC_ROUNDING = 1e-12  # and in mm^2
