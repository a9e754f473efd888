"""Hyperparameter tuning: training jobs one after the other, each with values chosen for it."""
