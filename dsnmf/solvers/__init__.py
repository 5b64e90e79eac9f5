"""How factors are found: one rule a file, its programs compiled once per process and kind."""
