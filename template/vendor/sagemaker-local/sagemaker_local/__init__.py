"""SageMaker on a laptop: one process on loopback that speaks the AWS wire protocol."""
