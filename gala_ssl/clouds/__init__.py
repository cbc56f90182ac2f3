"""The bonds around each particle."""
