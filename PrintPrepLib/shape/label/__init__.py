"""Labels: text, orientation marks, scale bars and codes, raised or engraved, that follow a curved surface."""
