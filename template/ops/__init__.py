"""The ops half: brings approved model versions to the endpoints of the stages."""
