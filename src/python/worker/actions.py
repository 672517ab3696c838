"""Actions of the project."""
