// The network for any processor, 4 clouds at a time (SSE2 or NEON, or what the compiler makes of it), and the choice.
#define LANES 4
#include "learn.h"

typedef int Forward(const int32_t *shape, const float *weights, const float *bonds, const float *types, long n, int k,
                    int wanted, float *out);
extern "C" Forward gala_avx512, gala_avx2;
typedef int Learn(const int32_t *shape, const float *weights, const float *back, long size, const float *bonds,
                  const float *types, const float *target, const float *weight, long n, int k, float *answer,
                  double *loss, double *gradient, double *statistics);
extern "C" Learn gala_learn_avx512, gala_learn_avx2;
extern "C" float gala_products_avx512(long count), gala_products_avx2(long count);

// Which instruction sets this processor has: 0 plain, 1 AVX2 as well, 2 AVX-512 as well.
extern "C" int gala_best() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl")) return 2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
    return 0;
}

// bonds (n, k, 3), types (n, k, types), k at most 64; out as `wanted` has it, see network.h, with padding filled in by
// the caller. Returns 0, or 1 where there is no memory.
extern "C" int gala_forward(int set, const int32_t *shape, const float *weights, const float *bonds, const float *types,
                            long n, int k, int wanted, float *out) {
#if defined(__x86_64__)
    if (set == 2) return gala_avx512(shape, weights, bonds, types, n, k, wanted, out);
    if (set == 1) return gala_avx2(shape, weights, bonds, types, n, k, wanted, out);
#endif
    return run_all(shape, weights, bonds, types, n, k, wanted, out);
}

// See learn.h.
extern "C" int gala_learn(int set, const int32_t *shape, const float *weights, const float *back, long size,
                          const float *bonds, const float *types, const float *target, const float *weight, long n, int k,
                          float *answer, double *loss, double *gradient, double *statistics) {
    Learn *learn = learn_all;
#if defined(__x86_64__)
    if (set == 2) learn = gala_learn_avx512;
    if (set == 1) learn = gala_learn_avx2;
#endif
    return learn(shape, weights, back, size, bonds, types, target, weight, n, k, answer, loss, gradient, statistics);
}

// For benchmarks: returns how many products and sums were done.
extern "C" double gala_products(int set, long count) {
    static volatile float kept;
    int lanes = LANES;
#if defined(__x86_64__)
    if (set == 2) { kept = gala_products_avx512(count); lanes = 16; }
    if (set == 1) { kept = gala_products_avx2(count); lanes = 8; }
#endif
    if (lanes == LANES) kept = products(count);
    return 2.0 * 12 * lanes * count;
}
