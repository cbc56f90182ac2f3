// The network for processors with AVX2, 8 clouds at a time.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define LANES 8
#define SET avx2
#include "learn.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
