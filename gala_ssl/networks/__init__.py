"""Networks: layers, the core that all tasks share, and the heads."""
