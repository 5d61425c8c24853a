"""Echo requests in every state of a network."""
