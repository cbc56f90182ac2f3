// Matrix products and the hidden layer of an MLP, for P points (or pairs) of LANES clouds at a time.
//
// Numbers of a point are in rows of P vectors, x[k * P + p]. Kernels come packed by fours of their columns:
// w[(n / 4 * K + k) * 4 + n % 4], so that a tile reads them one after the other. K and N are multiples of 4.
#pragma once
#include "simd.h"

namespace {

// Points whose products share one pass over a kernel: with 4 columns, as many sums as there are registers for.
#if LANES == 16 || defined(__aarch64__)
constexpr int MOST = 5;
#else
constexpr int MOST = 3;
#endif

struct Zero { V operator()(int, int) const { return V{}; } };

// T fours of columns from the n-th on: sums[n][p] = start(n, p) + sum_k x[k][p] w[k][n], each handed to `store`.
template <int P, int T, class Start, class Store>
INLINE void tile(const V *x, const float *w, int K, int n, Start start, Store store) {
    V sum[4 * T][P];
    UNROLL for (int f = 0; f < 4 * T; f++) UNROLL for (int p = 0; p < P; p++) sum[f][p] = start(n + f, p);
    w += (long)n * K;
    for (int k = 0; k < K; k += 4, w += 16, x += 4 * P)
        UNROLL for (int u = 0; u < 4; u++) {
            V a[P];
            UNROLL for (int p = 0; p < P; p++) a[p] = x[u * P + p];
            UNROLL for (int f = 0; f < 4 * T; f++) {
                V b = splat(w[f / 4 * 4 * K + 4 * u + f % 4]);
                UNROLL for (int p = 0; p < P; p++) sum[f][p] += a[p] * b;
            }
        }
    UNROLL for (int f = 0; f < 4 * T; f++) UNROLL for (int p = 0; p < P; p++) store(n + f, p, sum[f][p]);
}

template <int P, class Start, class Store>
INLINE void product(const V *x, const float *w, int K, int N, Start start, Store store) {
    constexpr int T = P == 1 ? 2 : 1;  // enough sums at a time to hide how long one takes
    int n = 0;
    for (; n + 4 * T <= N; n += 4 * T) tile<P, T>(x, w, K, n, start, store);
    if (T > 1)
        for (; n < N; n += 4) tile<P, 1>(x, w, K, n, start, store);
}

// 1 / deviation of hidden numbers with mean 0, of their sum of squares: layer norm, with Keras's epsilon.
template <int P> INLINE void scales(const V *squares, int hidden, V *scale) {
    UNROLL for (int p = 0; p < P; p++) scale[p] = 1.0f / root(squares[p] * (1.0f / hidden) + 1e-3f);
}

// z = relu(z / deviation + beta), in place.
template <int P> INLINE void activate(V *z, const V *squares, const float *beta, int hidden, int H) {
    V scale[P];
    scales<P>(squares, hidden, scale);
    for (int h = 0; h < H; h += 4)
        UNROLL for (int u = 0; u < 4; u++) {
            V b = splat(beta[h + u]);
            UNROLL for (int p = 0; p < P; p++) z[(h + u) * P + p] = larger(V{}, z[(h + u) * P + p] * scale[p] + b);
        }
}

// The same followed by a product with one column w: answer[p].
template <int P>
INLINE void activate_and_sum(const V *z, const V *squares, const float *beta, const float *w, int hidden, int H,
                             V *answer) {
    V scale[P], sum[2][P] = {};
    scales<P>(squares, hidden, scale);
    for (int h = 0; h < H; h += 4)
        UNROLL for (int u = 0; u < 4; u++) {
            V b = splat(beta[h + u]), c = splat(w[h + u]);
            UNROLL for (int p = 0; p < P; p++)
                sum[u % 2][p] += c * larger(V{}, z[(h + u) * P + p] * scale[p] + b);
        }
    UNROLL for (int p = 0; p < P; p++) answer[p] = sum[0][p] + sum[1][p];
}

// One hidden layer between two products, of one point: out[n] = answer of the MLP, to `store`.
struct Mlp { const float *kernel, *bias, *beta, *out_kernel, *out_bias; };

template <class Store>
INLINE void run(const Mlp &t, const V *x, V *z, int D, int hidden, int H, int N, Store store) {
    V squares{};
    product<1>(x, t.kernel, D, H, [&](int h, int) { return splat(t.bias[h]); },
               [&](int h, int, V s) { z[h] = s; squares += s * s; });
    activate<1>(z, &squares, t.beta, hidden, H);
    product<1>(z, t.out_kernel, H, N, [&](int n, int) { return splat(t.out_bias[n]); },
               [&](int n, int, V s) { store(n, s); });
}

}  // namespace
