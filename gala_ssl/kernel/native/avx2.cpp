// The network for processors with AVX2, 8 clouds at a time.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define LANES 8
#include "network.h"

extern "C" int gala_avx2(const int32_t *shape, const float *weights, const float *bonds, const float *types, long n,
                       int k, int wanted, float *out) {
    return run_all(shape, weights, bonds, types, n, k, wanted, out);
}
extern "C" float gala_products_avx2(long count) { return products(count); }
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
