"""Where AWS lives: the tables, the topics and the parameters behind the use cases' ports."""
