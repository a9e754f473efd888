"""SageMaker's API: the table of actions, validation, resources, tags, lists, events."""
