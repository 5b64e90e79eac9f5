"""Update rules: pure functions returning {shared variable: its new expression}."""

from dsnmf.updates.adam import adam

__all__ = ["adam"]
