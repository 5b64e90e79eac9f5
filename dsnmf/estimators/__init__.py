"""scikit-learn estimators. X is samples x features here, as everywhere in scikit-learn."""

from typing import TYPE_CHECKING

from dsnmf.extras import extra

if TYPE_CHECKING:
    from dsnmf.estimators.deep import DeepSemiNMF, DeepWSF
    from dsnmf.estimators.multi_view import MultiViewDeepSemiNMF
    from dsnmf.estimators.shallow import WSF, SemiNMF

__all__ = ["WSF", "DeepSemiNMF", "DeepWSF", "MultiViewDeepSemiNMF", "SemiNMF"]


def __getattr__(name):
    # Lazily: `projection` does without scikit-learn.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    extra("sklearn", f"dsnmf.{name}")
    from dsnmf.estimators import deep, multi_view, shallow

    return next(getattr(m, name) for m in (shallow, deep, multi_view) if hasattr(m, name))
