// The network for processors with AVX512, 16 clouds at a time.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")
#endif
#define LANES 16
#define SET avx512
#include "learn.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
