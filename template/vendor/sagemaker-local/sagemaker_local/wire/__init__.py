"""What comes over HTTP: the front door, the server, invocations, and the status page."""
