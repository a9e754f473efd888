"""Lambda functions: kept with their code, and run in child processes."""
