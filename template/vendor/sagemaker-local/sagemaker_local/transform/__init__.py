"""Batch transform: a model over all objects of a prefix, its answers joined to their records."""
