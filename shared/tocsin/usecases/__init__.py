"""What Tocsin does: a tick at a location, the judging of a shard, the sending of what is owed."""
