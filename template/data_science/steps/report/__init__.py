"""The evaluation report: what it looks into, and the page that shows it."""
