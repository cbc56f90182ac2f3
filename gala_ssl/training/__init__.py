"""Trainings in run directories that resume: one task, all tasks, and cores moved from task to task."""
