"""Figures. Each public function draws on axes that are given, `ax`, or on new ones, and returns them."""
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
