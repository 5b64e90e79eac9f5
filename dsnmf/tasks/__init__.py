"""Runs independent tasks in parallel, and stores the result of each when it is ready."""
