"""CloudWatch's metrics and alarms, as far as they act here: samples, evaluation, states."""
