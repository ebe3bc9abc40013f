"""How a model lies on the printer: candidates, their measures, and the choice."""
