"""Messages about cells that cannot be read, and about empty rows."""

import shlex

from dsnmf.files.dialect import has_decimal_comma

ON_COMMAS = "it has a decimal comma (--decimal comma)"


def advice_on(cell, name):
    """Advice about a cell that is no number, in the column with this name."""
    if has_decimal_comma(cell):
        return ON_COMMAS
    column, between = shlex.quote(name), "=" if cell.startswith("-") else " "
    return (
        f"leave the column out (--drop {column}), use it as labels (--labels {column}), or say "
        f"that the cell is unknown (--missing{between}{shlex.quote(cell)})"
    )


def note_on_empty(lines):
    """A note on the lines that are left out because they are empty."""
    if len(lines) == 1:
        return f"its line {lines[0]} has no cells, and is left out"
    shown = ", ".join(map(str, lines[:3])) + (", …" if len(lines) > 3 else "")
    return f"its lines {shown} ({len(lines)} in all) have no cells, and are left out"
