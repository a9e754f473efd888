"""Pipelines: definitions, executions, step types."""
