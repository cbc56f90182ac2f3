// Matrix products and the hidden layer of an MLP, for P points (or pairs) of LANES clouds at a time.
//
// Numbers of a point are in rows of P vectors, x[k * P + p]. Kernels come packed by fours of their columns:
// w[(n / 4 * K + k) * 4 + n % 4], so that a tile reads them one after the other. K and N are multiples of 4.
#pragma once
#include "simd.h"

namespace {

// Points whose products share one pass over a kernel, and the columns of it that they share: as many sums at a time as
// there are registers for, and enough to hide how long one takes.
#if LANES == 16 || defined(__aarch64__)
constexpr int MOST = 5;
template <int P> constexpr int columns = P <= 2 ? 8 : 4;
#else
constexpr int MOST = 3;
template <int P> constexpr int columns = P == 1 ? 8 : 4;
#endif

struct Zero { V operator()(int, int) const { return V{}; } };

// F columns from the n-th on: sums[n][p] = start(n, p) + sum_k x[k][p] w[k][n], each handed to `store`, and
// their squares added to squares[p] where these are asked for.
template <int P, int F, class Start, class Store>
INLINE void tile(const V *x, const float *w, int K, int n, Start start, Store store, V *squares) {
    V sum[F][P];
    UNROLL for (int f = 0; f < F; f++) UNROLL for (int p = 0; p < P; p++) sum[f][p] = start(n + f, p);
    w += (long)n * K;
    for (int k = 0; k < K; k += 4, w += 16, x += 4 * P)
        UNROLL for (int u = 0; u < 4; u++) {
            V a[P];
            UNROLL for (int p = 0; p < P; p++) a[p] = x[u * P + p];
            UNROLL for (int f = 0; f < F; f++) {
                V b = splat(w[f / 4 * 4 * K + 4 * u + f % 4]);
                UNROLL for (int p = 0; p < P; p++) add_product(sum[f][p], a[p], b);
            }
        }
    UNROLL for (int f = 0; f < F; f++) UNROLL for (int p = 0; p < P; p++) store(n + f, p, sum[f][p]);
    if (squares)
        UNROLL for (int p = 0; p < P; p++) {
            V total = sum[0][p] * sum[0][p];
            UNROLL for (int f = 1; f < F; f++) total += sum[f][p] * sum[f][p];
            squares[p] += total;
        }
}

template <int P, class Start, class Store>
INLINE void product(const V *x, const float *w, int K, int N, Start start, Store store, V *squares = nullptr) {
    constexpr int F = columns<P>;
    int n = 0;
    for (; n + F <= N; n += F) tile<P, F>(x, w, K, n, start, store, squares);
    if (F > 4)
        for (; n < N; n += 4) tile<P, 4>(x, w, K, n, start, store, squares);
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
               [&](int h, int, V s) { z[h] = s; }, &squares);
    activate<1>(z, &squares, t.beta, hidden, H);
    product<1>(z, t.out_kernel, H, N, [&](int n, int) { return splat(t.out_bias[n]); },
               [&](int n, int, V s) { store(n, s); });
}

}  // namespace
