"""SageMaker Projects."""
