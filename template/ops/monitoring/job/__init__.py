"""Runs in a container of SageMaker, alone: what is in this folder imports nothing around it.

pandas, numpy and scikit-learn are what the version's image has; nothing here calls AWS.
"""
