"""Parts of estimators for several views: the users' views, their graphs, maps."""
