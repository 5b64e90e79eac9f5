"""All that makes the report: published numbers, tables, figures, claims."""
