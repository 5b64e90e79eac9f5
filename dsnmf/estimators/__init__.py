"""scikit-learn estimators. X is samples x features here, as everywhere in scikit-learn."""

from dsnmf.estimators.deep import DeepSemiNMF, DeepWSF
from dsnmf.estimators.shallow import WSF, SemiNMF

__all__ = ["WSF", "DeepSemiNMF", "DeepWSF", "SemiNMF"]
