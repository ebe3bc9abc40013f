"""Hollowing: a wall of exact thickness, what may stand inside, and drains into every cavity."""
