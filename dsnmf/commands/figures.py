"""Files of figures, for results with a `plot` method."""


def write_figure(plot, path, size, columns=1):
    """Write a figure whose axes `plot` has drawn, in matplotlib's default style.

    Parameters
    ----------
    plot : callable
        Takes the axes, or an array of several axes.
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
