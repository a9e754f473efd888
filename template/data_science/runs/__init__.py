"""Runs of the pipeline: what goes in, how they go, and what they left."""
