"""Where Tocsin touches the network: every way to fail ends as an outcome, none as an error."""
