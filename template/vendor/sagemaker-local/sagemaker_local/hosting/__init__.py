"""Models, endpoint configurations, and the endpoints that serve them."""
