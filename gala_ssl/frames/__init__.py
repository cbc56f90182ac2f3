"""What a file says: frames, the formats they are read from, and the prototype structures."""
