"""The parts of the report: published numbers, tables, figures, claims."""
