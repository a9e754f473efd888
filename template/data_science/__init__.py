"""The data-science half: the SageMaker pipeline, its steps, and the `ds` command."""
