"""What an estimator of several views has besides: views as users bring them, their graphs, maps."""
