"""scikit-learn estimators. X is samples x features here, as everywhere in scikit-learn."""

from typing import TYPE_CHECKING

from dsnmf.extras import extra

if TYPE_CHECKING:
    from dsnmf.estimators.deep import DeepSemiNMF, DeepWSF
    from dsnmf.estimators.shallow import WSF, SemiNMF

__all__ = ["WSF", "DeepSemiNMF", "DeepWSF", "SemiNMF"]


def __getattr__(name):
    # Lazily: `projection` does without scikit-learn.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    extra("sklearn", f"dsnmf.{name}")
    from dsnmf.estimators import deep, shallow

    return getattr(shallow, name, None) or getattr(deep, name)
