//! YAML as PyYAML's safe loader reads it, with places, and as its safe dumper writes it.
