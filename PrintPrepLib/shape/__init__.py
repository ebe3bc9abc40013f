"""Changes of shape that a print needs: thin walls brought to a wanted thickness."""
