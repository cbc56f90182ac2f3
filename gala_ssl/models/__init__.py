"""Networks: a core that all tasks share, and a head for each task."""
