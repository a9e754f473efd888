"""Looks for what would stop the project in its account, before anything is created there."""
