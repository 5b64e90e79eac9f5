"""Experiments with the models: features by several methods, clustered and measured."""
