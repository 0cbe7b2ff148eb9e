"""A model and tables in, scores out. Opens nothing: no network, clock, file or environment."""
