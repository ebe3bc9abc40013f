"""Stands: a flat base, a pedestal, a cradle, a mount for the wall; and how firmly the model stands on them."""
