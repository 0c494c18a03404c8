"""Measurements: `make bench` runs them all; each prints its figures and says what they are."""
