"""Networks: a core that all tasks share, and a head for each task."""
from gala_ssl.models.weights import copy_weights

__all__ = ["copy_weights"]
