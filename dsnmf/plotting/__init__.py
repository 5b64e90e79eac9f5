"""Figures: from arrays, and from models.

Every function draws into the given matplotlib axes, or into a new figure, and returns the axes.
Fonts and the colours of a page follow matplotlib's settings; the content of a figure does not.
"""

from dsnmf.plotting.array_figures import class_scatter, component_grid, cost_curve
from dsnmf.plotting.bar_figures import component_bars, variance_bars
from dsnmf.plotting.consensus_figure import plot_consensus
from dsnmf.plotting.curve_figures import component_curves
from dsnmf.plotting.model_figures import plot_components, plot_embedding, plot_history
from dsnmf.plotting.saving import save_figure
from dsnmf.plotting.score_figure import score_intervals
from dsnmf.plotting.similarity import cosine_similarity, plot_layers

__all__ = [
    "class_scatter",
    "component_bars",
    "component_curves",
    "component_grid",
    "cosine_similarity",
    "cost_curve",
    "plot_components",
    "plot_consensus",
    "plot_embedding",
    "plot_history",
    "plot_layers",
    "save_figure",
    "score_intervals",
    "variance_bars",
]
