"""The use cases' ports in memory, held to the same contract as the real adapters."""
