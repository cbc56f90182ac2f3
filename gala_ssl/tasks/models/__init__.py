"""The network of a task, a head on a core, and its weights with their card."""
