"""What is remembered: resources in SQLite, S3 on disk, and the other services."""
