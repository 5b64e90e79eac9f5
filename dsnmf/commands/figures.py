"""Figures of results that draw themselves into axes, in files."""


def write_figure(plot, path, size, columns=1):
    """Have `plot` draw into the axes of a new figure, in matplotlib's default style.

    Parameters
    ----------
    plot : callable
        Takes the axes, an array of them if there are several.
    path : str
    size : (float, float)
        Width and height in inches.
    columns : int
    """
    from dsnmf.extras import extra
    from dsnmf.plotting import save_figure

    with extra("matplotlib.style", "the figure").context("default"):
        figure = extra("matplotlib.figure", "the figure").Figure(figsize=size, layout="constrained")
        plot(figure.subplots(1, columns))
        save_figure(figure, path)
    print("Figure:", path)
