"""Looks for drift: jobs of the project's own, which compare captured traffic with a baseline."""
