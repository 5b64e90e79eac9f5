"""The search for features of new samples in non-linear models."""

from dsnmf.estimators.search.feature_search import FeatureSearch

__all__ = ["FeatureSearch"]
