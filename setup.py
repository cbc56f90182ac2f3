"""Everything about the package is declared in setup.cfg, but for what is compiled.

The kernel is optional: where there is no C++ compiler, the installation goes on without it, and Keras computes. It is a
plain library that ctypes opens and knows nothing of Python, so that one wheel does for every version of it; abi3 is the
name for that.
"""
from setuptools import Extension, setup

FOLDER = "gala_ssl/kernel/native"

setup(ext_modules=[Extension(
    "gala_ssl.kernel._forward",
    sources=[f"{FOLDER}/{name}.cpp" for name in ("plain", "avx2", "avx512")],
    depends=[f"{FOLDER}/{name}.h" for name in ("simd", "layers", "attention", "network", "backward", "learn")],
    extra_compile_args=["-std=gnu++17", "-O3", "-fno-math-errno", "-ffp-contract=fast", "-g0", "-w"],
    language="c++", optional=True, py_limited_api=True,
)], options={"bdist_wheel": {"py_limited_api": "cp311"}})
