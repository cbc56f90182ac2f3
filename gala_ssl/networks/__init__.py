"""Networks: layers, the core that all tasks share, and the heads."""
# Clouds above which it pays to compile a network with XLA: that takes about as long as computing so many without it.
MANY = 2000
