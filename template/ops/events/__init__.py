"""Approval events: what they say, which of them count, and the queue that they arrive in."""
