"""A wall round a lumen: outward only, the lumen itself untouched, its ends opened flat and square."""
