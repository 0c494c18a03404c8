"""People and places: who lives where, in which group, with which role."""
