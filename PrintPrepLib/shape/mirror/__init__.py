"""Mirror images: about a plane that is given, or about the plane that a shape is symmetric to."""
