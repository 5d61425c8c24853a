"""What Tocsin knows about the world: pure values and decisions, standard library only."""
