"""From a label map or image to a closed surface, and what makes that surface printable."""
