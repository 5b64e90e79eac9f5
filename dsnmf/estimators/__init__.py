"""scikit-learn estimators. X is samples x features here, as everywhere in scikit-learn."""

from typing import TYPE_CHECKING

from dsnmf.extras import extra

if TYPE_CHECKING:
    from dsnmf.estimators.classifier import WSFClassifier
    from dsnmf.estimators.deep import DeepSemiNMF, DeepWSF
    from dsnmf.estimators.multi_view import MultiViewDeepSemiNMF
    from dsnmf.estimators.shallow import WSF, SemiNMF

__all__ = ["WSF", "DeepSemiNMF", "DeepWSF", "MultiViewDeepSemiNMF", "SemiNMF", "WSFClassifier"]


def __getattr__(name):
    # Import on use: `projection` does not need scikit-learn.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    extra("sklearn", f"dsnmf.{name}")
    from dsnmf.estimators import classifier, deep, multi_view, shallow

    rooms = shallow, deep, multi_view, classifier
    return next(getattr(room, name) for room in rooms if hasattr(room, name))
