"""Classical order parameters, scores that tell snapshots apart, and figures."""
from gala_ssl.analysis import baselines
from gala_ssl.analysis.roc import Separability, separability

__all__ = ["baselines", "Separability", "separability"]
