"""What earlier releases have stored, and how they read it, as it was written down by themselves."""
