"""Child processes that never outlive the server, what they see, and their logs."""
