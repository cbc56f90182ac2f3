"""The compiled forward pass of core and heads: what a trained network says, without Keras.

`native/` is its C++, one source for AVX-512, AVX2 and any other processor, which is chosen at run time; `library` finds
and calls what was compiled of it, `weights` reads a file of weights, `fold` puts them into the order and form that the
C++ takes, and `network` has the class `Kernel`. Where it was not compiled, or a network is not one that it knows,
`NotForKernel` says so, and Keras does the same more slowly.

It is built by setuptools as an optional extension, so that an installation without a compiler goes on without it, and
called by ctypes, which needs neither Python's headers nor a binding generator, and lets other threads run meanwhile.
scikit-build-core would take the place of setup.cfg, and nanobind would ask for CMake, for the two functions that there
are. numba was measured on the products alone: 24 GFLOP/s at the best of three ways to write
them, where this source does 75 with everything around them, on a processor that can do 96; it compiles for seconds, and
takes 200 MB to install.
"""
from gala_ssl.kernel.library import NotForKernel, instruction_set
from gala_ssl.kernel.network import Kernel

__all__ = ["Kernel", "NotForKernel", "instruction_set"]
