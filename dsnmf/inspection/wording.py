"""A description as text for a terminal."""

#: Texts for the end of a fit.
ENDS = {
    "tol": "by its tolerance",
    "optimum": "at an optimum",
    "max_iter": "at max_iter, before its tolerance was reached",
    "callback": "by its callback",
    "interrupt": "by Ctrl-C",
}

#: Which features are described.
FEATURES = {
    "learned": "learned features H",
    "nonnegative": "nonnegative features, near the learned ones",
    "transform": "transform, metric components",
}

#: Components in a table; of more those that add most are shown.
SHOWN = 20

#: Most letters of a name.
_LETTERS = 18


def share(value):
    """A share in per cent; ? if it is unknown."""
    return "?" if value is None else f"{100 * value:.1f}"


def _short(name):
    return name if len(name) <= _LETTERS else f"{name[:10]}…{name[-7:]}"


def _count_text(count, noun):
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def data_line(data):
    """A line about the data of the fit."""
    parts = [data["source"]] if "source" in data else []
    if "n_samples" in data:
        parts.append(_count_text(data["n_samples"], "sample"))
    parts.append(_count_text(data["n_features"], "feature"))
    if unknown := data.get("unknown"):
        entries = data["n_samples"] * data["n_features"]
        parts.append(f"{unknown} unknown entries ({100 * unknown / entries:.2g} %)")
    elif "unknown" in data:
        parts.append("no gaps")
    return ", ".join(parts)


def label_lines(labels):
    """A line for each attribute."""
    for i, found in enumerate(labels, 1):
        number = f" {i}" if len(labels) > 1 else ""
        names = ", ".join(map(_short, found["names"][:8]))
        more = ", …" if found["classes"] > 8 else ""
        unknown = f"; {found['unknown']} unknown" if found["unknown"] else ""
        yield f"Labels{number}: {_count_text(found['classes'], 'class')} ({names}{more}){unknown}"


def end_line(fit):
    """A line about the end of the fit."""
    parts = []
    if "iterations" in fit:
        stopped = fit.get("stopped_by")
        how = f", ended {ENDS[stopped]}" if stopped in ENDS else ""
        parts.append(f"{_count_text(fit['iterations'], 'iteration')}{how}")
    if "reconstruction_error" in fit:
        error, relative = fit["reconstruction_error"], fit.get("relative_error")
        of_norm = "" if relative is None else f" ({100 * relative:.1f} % of the data's norm)"
        parts.append(f"reconstruction error {error:.5g}{of_norm}")
    return "; ".join(parts) or "learned by partial_fit"


def _sum_of(components, part):
    values = [component.get(part) for component in components]
    return None if None in values else sum(values)


def _table(components, shown):
    """Lines of a table of components, with their features and samples."""
    rows = [["component", "own %", "unique %", "largest features", "nearest samples"]]
    for component in shown:
        features = ", ".join(f"{_short(n)} {value:+.3g}" for n, value in component["features"])
        samples = ", ".join(_short(name) for name, _ in component.get("samples", []))
        shares = [share(component.get(part)) for part in ("own", "unique")]
        rows.append([component["name"], *shares, features, samples])
    sums = [share(_sum_of(components, part)) for part in ("own", "unique")]
    rows.append(["all", *sums, "", ""])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for name, own, unique, *others in rows:
        numbers = f"{own:>{widths[1]}}  {unique:>{widths[2]}}"
        texts = "  ".join(text.ljust(width) for text, width in zip(others, widths[3:]))
        yield f"{name:{widths[0]}}  {numbers}  {texts}".rstrip()


def text_of(description):
    """The text of a `Description`, which `dsnmf show` prints."""
    kind, sizes = description.kind, "-".join(map(str, description.layers))
    parameters = ", ".join(f"{k}={v!r}" for k, v in description.parameters.items())
    lines = [f"{kind} {sizes}" + (f" ({parameters})" if parameters else "")]
    data = description.data
    lines += [f"Data: {data_line(data)}", *label_lines(data.get("labels") or [])]
    lines.append(f"Fit: {end_line(description.fit)}")
    if description.explained is not None:
        whose = "" if description.shown == "training" else " of the samples given"
        by = FEATURES[description.features]
        lines.append(f"Explained variance{whose}: {100 * description.explained:.1f} % ({by})")
    if "command" in description.data:
        lines.append(f"Made by: {description.data['command']}")
    components = description.components
    largest = sorted(components, key=lambda c: -(c.get("own") or 0))[:SHOWN]
    shown = [component for component in components if component in largest]
    if len(description.layers) > 1:
        lines += ["", f"Layer {description.layer} of {len(description.layers)}"]
    else:
        lines.append("")
    lines += _table(components, shown)
    if len(shown) < len(components):
        lines.append(f"The {len(shown)} of {len(components)} components with most variance.")
    lines += [
        "own: the variance of a component's part by itself; unique: the part of it that no other",
        "component explains; both as shares of the data's variance.",
    ]
    if description.explained is None:
        lines.append("?: the variance of the fit's data is not known, that of DATA would be.")
    return "\n".join(lines)
