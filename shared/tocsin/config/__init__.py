"""Turn monitors.yaml into monitors and shards, or into faults that say how to mend it."""
