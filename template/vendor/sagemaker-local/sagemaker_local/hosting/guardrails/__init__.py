"""Deployment guardrails: how traffic moves to a new fleet, and back when something is wrong."""
