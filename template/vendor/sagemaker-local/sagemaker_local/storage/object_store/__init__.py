"""S3 objects: kept as files, described in the database, never as a whole in memory."""
