// One number of LANES clouds: a vector of floats, and the few operations on it that C++ does not have.
// Where two arguments are compared, NaN in the second one stays, so that it is found in what the network gives.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdlib>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 32")

namespace {

typedef float V __attribute__((vector_size(4 * LANES)));
typedef int32_t I __attribute__((vector_size(4 * LANES)));

INLINE V splat(float x) { return x - V{}; }  // x + 0 would be computed, for the sake of -0

// sum += a b. With 16 registers, in each of which there is something, the compiler must not think of another order: it
// would keep sums in memory.
INLINE void add_product(V &sum, V a, V b) {
#if LANES == 8
    asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
#else
    sum += a * b;
#endif
}

INLINE V larger(V a, V b) {
#if LANES == 16
    return (V)_mm512_max_ps((__m512)a, (__m512)b);
#elif LANES == 8
    return (V)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
    return (V)_mm_max_ps((__m128)a, (__m128)b);
#else
    return a > b ? a : b;
#endif
}

INLINE V root(V a) {
#if LANES == 16
    return (V)_mm512_sqrt_ps((__m512)a);
#elif LANES == 8
    return (V)_mm256_sqrt_ps((__m256)a);
#elif defined(__SSE2__)
    return (V)_mm_sqrt_ps((__m128)a);
#else
    for (int l = 0; l < LANES; l++) a[l] = __builtin_sqrtf(a[l]);
    return a;
#endif
}

// exp(x) for x <= 0: 2^n by the exponent's bits, the rest by a polynomial (Cephes, expf.c); 0 below -87.
INLINE V exponential(V x) {
    V small = larger(splat(-87.0f), x);
    I n = __builtin_convertvector(small * 1.44269504088896341f - 0.5f, I);  // rounds towards 0, so to the nearest
    V whole = __builtin_convertvector(n, V);
    V r = small - whole * 0.693359375f + whole * 2.12194440e-4f;
    V y = splat(1.9875691500e-4f);
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.0f;
    y = y * (V)((n + 127) << 23);
    return x < -87.0f ? V{} : y;
}

}  // namespace
