// Geometric-algebra attention of all pairs of bonds of LANES clouds, one row i of pairs (i, j) at a time.
#pragma once
#include "layers.h"

namespace {

// All kernels folded, see gala_ssl/kernel/fold.py. The last six are those of a layer that turns with the cloud.
struct Attention {
    const float *of_pairs, *of_first, *of_second, *bias, *beta;  // invariants -> hidden: 8 x H three times, H, H
    const float *joined, *merged_first, *merged_second, *joined_bias;  // H x D, D x D twice, D
    const float *score, *score_bias, *score_beta, *score_out;  // D x H, H three times
    const float *scale, *scale_bias, *scale_beta, *scale_out, *scale_constant, *alpha;  // the same, 1, 6
};

// What is in memory for LANES clouds of up to k bonds.
struct Work {
    int k, width, hidden, D, H;  // the last two are those before them, rounded up to fours
    V *multivectors, *values, *new_multivectors, *new_values, *bonds, *mask;  // k x 8, k x D, the same, k x 8, k
    V *invariants, *products;                 // k x 9, of the points and of the pairs (i, j)
    V *second[2], *merged[2], *first, *of_first;  // k x H and k x D of the points j, H and D of the point i
    V *joined, *scores, *scales;              // k x D, k, k of the pairs (i, j)
    V *x, *z, *v, *u, *squares;               // 8, H, D, H and 1 rows of MOST
};

template <class F> INLINE void geometric_product(const V *a, const V *b, F store) {  // 1 e1 e2 e3 e12 e13 e23 e123
    store(0, a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3] - a[4] * b[4] - a[5] * b[5] - a[6] * b[6] - a[7] * b[7]);
    store(1, a[0] * b[1] + a[1] * b[0] - a[2] * b[4] - a[3] * b[5] + a[4] * b[2] + a[5] * b[3] - a[6] * b[7] - a[7] * b[6]);
    store(2, a[0] * b[2] + a[1] * b[4] + a[2] * b[0] - a[3] * b[6] - a[4] * b[1] + a[5] * b[7] + a[6] * b[3] + a[7] * b[5]);
    store(3, a[0] * b[3] + a[1] * b[5] + a[2] * b[6] + a[3] * b[0] - a[4] * b[7] - a[5] * b[1] - a[6] * b[2] - a[7] * b[4]);
    store(4, a[0] * b[4] + a[1] * b[2] - a[2] * b[1] + a[3] * b[7] + a[4] * b[0] - a[5] * b[6] + a[6] * b[5] + a[7] * b[3]);
    store(5, a[0] * b[5] + a[1] * b[3] - a[2] * b[7] - a[3] * b[1] + a[4] * b[6] + a[5] * b[0] - a[6] * b[4] - a[7] * b[2]);
    store(6, a[0] * b[6] + a[1] * b[7] + a[2] * b[3] - a[3] * b[2] - a[4] * b[5] + a[5] * b[4] + a[6] * b[0] + a[7] * b[1]);
    store(7, a[0] * b[7] + a[1] * b[6] - a[2] * b[5] + a[3] * b[4] + a[4] * b[3] - a[5] * b[2] + a[6] * b[1] + a[7] * b[0]);
}

// Scalar, lengths of vector and bivector, trivector; the same divided by their length; 1 / length: 9 numbers.
INLINE void find_invariants(const V *m, V *q) {
    const V tiny = splat(1e-37f);
    q[0] = m[0];
    q[1] = root(larger(tiny, m[1] * m[1] + m[2] * m[2] + m[3] * m[3]));
    q[2] = root(larger(tiny, m[4] * m[4] + m[5] * m[5] + m[6] * m[6]));
    q[3] = m[7];
    V length = root(larger(tiny, q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]));
    q[8] = 1.0f / larger(splat(1e-7f), length);
    UNROLL for (int c = 0; c < 4; c++) q[4 + c] = q[c] * q[8];
}

INLINE void find_products(Work &w, const V *points, int i) {  // invariants of the products r_i r_j
    for (int j = 0; j < w.k; j++) {
        V p[8];
        geometric_product(points + i * 8, points + j * 8, [&](int c, V x) { p[c] = x; });
        find_invariants(p, w.products + j * 9);
    }
}

// What of the pairs (i, j) depends on j alone; `set` keeps two layers of a block apart.
static void find_second(Work &w, const Attention &t, int set) {
    for (int j = 0; j < w.k; j++) {
        V *second = w.second[set] + j * w.H, *merged = w.merged[set] + j * w.D;
        product<1>(w.invariants + j * 9, t.of_second, 8, w.H, Zero(), [&](int h, int, V s) { second[h] = s; });
        product<1>(w.values + j * w.D, t.merged_second, w.D, w.D, Zero(), [&](int d, int, V s) { merged[d] = s; });
    }
}

// Representation, score and (turns) scale of the pairs (i, j) ... (i, j + P - 1).
template <bool turns, int P> static __attribute__((noinline)) void pairs(Work &w, const Attention &t, int set, int j) {
    const int D = w.D, H = w.H;
    const V *second = w.second[set] + j * H, *merged = w.merged[set] + j * D;
    V *x = w.x, *z = w.z, *v = w.v, *u = w.u, *joined = w.joined + j * D;
    // In memory: together with the sums of a tile they would be more than there are registers.
    V *squares = w.squares;
    UNROLL for (int p = 0; p < P; p++) squares[p] = V{};
    UNROLL for (int c = 0; c < 8; c++) UNROLL for (int p = 0; p < P; p++) x[c * P + p] = w.products[(j + p) * 9 + c];
    product<P>(x, t.of_pairs, 8, H, [&](int h, int p) { return w.first[h] + second[p * H + h]; },
               [&](int h, int p, V s) { z[h * P + p] = s; }, squares);
    activate<P>(z, squares, t.beta, w.hidden, H);
    product<P>(z, t.joined, H, D, [&](int d, int p) { return w.of_first[d] + merged[p * D + d]; },
               [&](int d, int p, V s) { v[d * P + p] = s; if (!turns) joined[p * D + d] = s; });
    UNROLL for (int p = 0; p < P; p++) squares[p] = V{};
    product<P>(v, t.score, D, H, [&](int h, int) { return splat(t.score_bias[h]); },
               [&](int h, int p, V s) { u[h * P + p] = s; }, squares);
    activate_and_sum<P>(u, squares, t.score_beta, t.score_out, w.hidden, H, w.scores + j);
    if (!turns) return;
    UNROLL for (int p = 0; p < P; p++) squares[p] = V{};
    product<P>(v, t.scale, D, H, [&](int h, int) { return splat(t.scale_bias[h]); },
               [&](int h, int p, V s) { u[h * P + p] = s; }, squares);
    activate_and_sum<P>(u, squares, t.scale_beta, t.scale_out, w.hidden, H, w.scales + j);
}

template <bool turns> static void row(Work &w, const Attention &t, int set, int i) {
    product<1>(w.invariants + i * 9, t.of_first, 8, w.H, [&](int h, int) { return splat(t.bias[h]); },
               [&](int h, int, V s) { w.first[h] = s; });
    product<1>(w.values + i * w.D, t.merged_first, w.D, w.D, [&](int d, int) { return splat(t.joined_bias[d]); },
               [&](int d, int, V s) { w.of_first[d] = s; });
    const int groups = (w.k + MOST - 1) / MOST;
    for (int g = 0; g < groups; g++) {
        int j = g * w.k / groups, count = (g + 1) * w.k / groups - j;
        if (count == MOST) pairs<turns, MOST>(w, t, set, j);
#if LANES == 16 || defined(__aarch64__)
        else if (count == 4) pairs<turns, 4>(w, t, set, j);
        else if (count == 3) pairs<turns, 3>(w, t, set, j);
#endif
        else if (count == 2) pairs<turns, 2>(w, t, set, j);
        else pairs<turns, 1>(w, t, set, j);
    }
}

// A softmax over rows of pairs: the largest score so far, and the sum of the weights so far.
struct Softmax { V most, sum; };
INLINE Softmax nothing_weighed() { return {splat(-3e38f), V{}}; }

// Turn the scores of row i into weights, not yet divided by their sum; returns what earlier weights are multiplied by.
INLINE V weigh(Work &w, int i, Softmax &s) {
    V most = s.most;
    for (int j = 0; j < w.k; j++) {
        w.scores[j] = w.mask[i] * w.mask[j] > 0.5f ? w.scores[j] : splat(-1e9f);
        most = larger(most, w.scores[j]);
    }
    V kept = exponential(s.most - most);
    s.sum *= kept;
    for (int j = 0; j < w.k; j++) {
        w.scores[j] = exponential(w.scores[j] - most);
        s.sum += w.scores[j];
    }
    s.most = most;
    return kept;
}

// Add the weighted representations of row i to sum (D).
INLINE void add_values(Work &w, V *sum) {
    for (int j = 0; j < w.k; j++)
        for (int d = 0; d < w.D; d++) sum[d] += w.scores[j] * w.joined[j * w.D + d];
}

// Add the weighted, scaled covariants of row i to sum (8): of r_i r_j, r_i, r_j and of each divided by its length.
INLINE void add_multivectors(Work &w, const Attention &t, const V *points, int i, V *sum) {
    const float *a = t.alpha;
    const V *point = points + i * 8;
    V right[8] = {}, total{};
    for (int j = 0; j < w.k; j++) {
        V s = w.scores[j] * (w.scales[j] + t.scale_constant[0]);
        V of_product = s * (a[0] + w.products[j * 9 + 8] * a[3]), of_second = s * (a[2] + w.invariants[j * 9 + 8] * a[5]);
        total += s;
        UNROLL for (int m = 0; m < 8; m++) {
            right[m] += of_product * points[j * 8 + m];
            sum[m] += of_second * points[j * 8 + m];
        }
    }
    V of_first = total * (a[1] + a[4] * w.invariants[i * 9 + 8]);
    geometric_product(point, right, [&](int m, V x) { sum[m] += x + point[m] * of_first; });
}

}  // namespace
