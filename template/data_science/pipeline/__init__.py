"""The SageMaker pipeline: how it is wired, packed and compiled into its definition."""
