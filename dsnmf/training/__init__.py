"""The training of a model: its loop, when to stop, what is kept of it."""
