"""PrintPrep: from a CT or MR scan to a printable model, with proof."""

__version__ = "0.1.0"
