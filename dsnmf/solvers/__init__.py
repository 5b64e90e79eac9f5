"""Fitting: one rule a file; programs are compiled once per process and kind of fit."""
