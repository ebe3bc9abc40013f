"""Pins, dowels, magnets and rails that bring the parts of a cut model together in one way only."""
