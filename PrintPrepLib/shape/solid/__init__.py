"""Making a model solid: openings found and measured, pin-holes closed, the inside filled, the outside wrapped."""
