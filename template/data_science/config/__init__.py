"""What the team declares: settings, quality rule, hyperparameters, each checked before use."""
