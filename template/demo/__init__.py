"""The demo: the whole story on the local SageMaker, told by the commands of both halves."""
