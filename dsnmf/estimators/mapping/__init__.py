"""Features of new samples: maps, metrics, scores."""
