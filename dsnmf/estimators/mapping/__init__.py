"""Features of new samples: maps, the distances between features, what they explain."""
