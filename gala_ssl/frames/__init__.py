"""What a file says: frames, the formats they are read from, and the prototype structures."""
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, ["prototypes"])
