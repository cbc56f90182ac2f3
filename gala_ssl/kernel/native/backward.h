// Backwards through one attention, a row of pairs (i, j) at a time: what the loss changes by with every folded weight.
//
// A row is computed again before its gradients are, so that only what enters a block is kept. Numbers of a point or pair
// are beside each other, x[j * stride + k]; gradients of kernels are packed as the kernels are, see layers.h.
#pragma once
#include <type_traits>

#include "network.h"

namespace {

// store(n, j, start(n, j) + sum_k x[j][k] w[k][n]) for all points j and columns n.
template <int P, class Start, class Store>
INLINE void some_points(const V *x, int stride, const float *w, int K, int N, int j, Start start, Store store) {
    constexpr int F = columns<P>;
    auto part = [&](auto size, int n) __attribute__((always_inline)) {
        constexpr int S = decltype(size)::value;
        V sum[S][P];
        UNROLL for (int f = 0; f < S; f++) UNROLL for (int p = 0; p < P; p++) sum[f][p] = start(n + f, j + p);
        const float *at = w + (long)n * K;
        const V *from = x + j * stride;
        for (int k = 0; k < K; k++, at += 4, from++) {
            V a[P];
            UNROLL for (int p = 0; p < P; p++) a[p] = from[p * stride];
            UNROLL for (int f = 0; f < S; f++) {
                V b = splat(at[f / 4 * 4 * K + f % 4]);
                UNROLL for (int p = 0; p < P; p++) add_product(sum[f][p], a[p], b);
            }
        }
        UNROLL for (int f = 0; f < S; f++) UNROLL for (int p = 0; p < P; p++) store(n + f, j + p, sum[f][p]);
    };
    int n = 0;
    for (; n + F <= N; n += F) part(std::integral_constant<int, F>{}, n);
    if (F > 4) for (; n < N; n += 4) part(std::integral_constant<int, 4>{}, n);
}

template <class Start, class Store>
static inline void points(const V *x, int stride, const float *w, int K, int N, int count, Start start, Store store) {
    int j = 0;
    for (; j + MOST <= count; j += MOST) some_points<MOST>(x, stride, w, K, N, j, start, store);
    for (; j + 2 <= count; j += 2) some_points<2>(x, stride, w, K, N, j, start, store);
    for (; j < count; j++) some_points<1>(x, stride, w, K, N, j, start, store);
}

// sum[k][n] += sum_j x[j][k] y[j][n]: the gradient of a kernel between x and what has the gradient y.
static void add_outer(V *sum, const V *x, int xs, int K, const V *y, int ys, int N, int count) {
    for (int n = 0; n < N; n += 4)
        for (int k = 0; k < K; k += 2) {
            V *at = sum + ((long)n / 4 * K + k) * 4, s[8];
            UNROLL for (int e = 0; e < 8; e++) s[e] = at[e];
            const V *a = x + k, *b = y + n;
            for (int j = 0; j < count; j++, a += xs, b += ys)
                UNROLL for (int u = 0; u < 2; u++) UNROLL for (int f = 0; f < 4; f++) add_product(s[4 * u + f], a[u], b[f]);
            UNROLL for (int e = 0; e < 8; e++) at[e] = s[e];
        }
}

INLINE void add_rows(V *sum, const V *x, int size, int count) {
    for (int j = 0; j < count; j++) for (int n = 0; n < size; n++) sum[n] += x[j * size + n];
}

// What learning has in memory besides Work, for LANES clouds of k bonds.
struct Learner {
    Work w;
    Network t, back;         // the second has transposed kernels
    const float *weights;
    V *gradient;             // of every number in weights
    V *first, *of_first;     // k x H, k x D of the points i
    V *pairs, *z, *of_z, *of_score, *of_scale;  // k x 8, k x H: products, hidden numbers and these before their ReLU
    V *z_scale, *score_scale, *scale_scale;     // k: 1 / deviation
    V *d_joined, *d_products, *d_pairs, *d_scores, *d_scales;  // k x D, k x 9, k x 8, k, k
    V *d_first, *d_second, *d_of_first, *d_merged, *d_invariants;  // k x H twice, k x D twice, k x 9
    V *d_values, *d_points;  // k x D, k x 8
    V *hidden;               // k x H, for a while
    V *hidden_z, *of_hidden, *hidden_scale, *answers, *d_answers, *summed;  // of a point in an MLP: H twice, 1, C twice, D
    V *kept_values[MOST_BLOCKS + 1], *kept_multivectors[MOST_BLOCKS + 1];
    V there;                 // 1 for a cloud, 0 for the copies that fill the last vectors
    V *statistics;           // see learn.h

    V *of(const float *weight) { return gradient + (weight - weights); }
};

// Hidden numbers of `count` points: of (normalised), scale (1 / deviation) and, with its ReLU, z where that is kept.
INLINE void normalize(V *of, V *scale, V *z, const float *beta, int hidden, int H, int count) {
    for (int j = 0; j < count; j++) {
        V *x = of + j * H, squares{};
        for (int h = 0; h < H; h++) squares += x[h] * x[h];
        scales<1>(&squares, hidden, scale + j);
        for (int h = 0; h < H; h++) {
            x[h] *= scale[j];
            if (z) z[j * H + h] = larger(V{}, x[h] + beta[h]);
        }
    }
}

// From gradients d (count x H) after the ReLU to those before layer norm, in place, and those of beta.
INLINE void normalize_back(V *d, const V *of, const V *scale, const float *beta, V *d_beta, int hidden, int H, int count) {
    for (int j = 0; j < count; j++) {
        V *y = d + j * H, sum{};
        const V *x = of + j * H;
        for (int h = 0; h < H; h++) {
            y[h] = x[h] + beta[h] > 0.0f ? y[h] : V{};
            d_beta[h] += y[h];
            sum += y[h] * x[h];
        }
        sum *= 1.0f / hidden;
        for (int h = 0; h < H; h++) y[h] = scale[j] * (y[h] - x[h] * sum);
    }
}

// Scores (k) of a net with one answer, from the representations of pairs; of and scale are kept.
INLINE void find_scores(Learner &l, const float *kernel, const float *bias, const float *beta, const float *out, V *of,
                        V *scale, V *answer) {
    const int k = l.w.k, D = l.w.D, H = l.w.H;
    points(l.w.joined, D, kernel, D, H, k, [&](int h, int) { return splat(bias[h]); },
           [&](int h, int j, V s) { of[j * H + h] = s; });
    normalize(of, scale, nullptr, beta, l.w.hidden, H, k);
    for (int j = 0; j < k; j++) {
        V sum{};
        for (int h = 0; h < H; h++) sum += out[h] * larger(V{}, of[j * H + h] + beta[h]);
        answer[j] = sum;
    }
}

// The same backwards: from d (k) to d_joined, and the net's gradients.
INLINE void find_scores_back(Learner &l, const float *kernel, const float *back, const float *bias, const float *beta,
                             const float *out, V *of, V *scale, const V *d) {
    const int k = l.w.k, D = l.w.D, H = l.w.H;
    V *d_hidden = l.hidden, *d_out = l.of(out);
    for (int j = 0; j < k; j++)
        for (int h = 0; h < H; h++) {
            d_out[h] += d[j] * larger(V{}, of[j * H + h] + beta[h]);
            d_hidden[j * H + h] = d[j] * out[h];
        }
    normalize_back(d_hidden, of, scale, beta, l.of(beta), l.w.hidden, H, k);
    add_rows(l.of(bias), d_hidden, H, k);
    add_outer(l.of(kernel), l.w.joined, D, D, d_hidden, H, H, k);
    points(d_hidden, H, back, H, D, k, [&](int d, int j) { return l.d_joined[j * D + d]; },
           [&](int d, int j, V s) { l.d_joined[j * D + d] = s; });
}

// What of all pairs of an attention depends on one point alone.
static void begin(Learner &l, const Attention &t, const V *at) {
    Work &w = l.w;
    const int k = w.k, D = w.D, H = w.H;
    for (int i = 0; i < k; i++) find_invariants(at + i * 8, w.invariants + i * 9);
    points(w.invariants, 9, t.of_first, 8, H, k, [&](int h, int) { return splat(t.bias[h]); },
           [&](int h, int i, V s) { l.first[i * H + h] = s; });
    points(w.invariants, 9, t.of_second, 8, H, k, Zero(), [&](int h, int j, V s) { w.second[0][j * H + h] = s; });
    points(w.values, D, t.merged_first, D, D, k, [&](int d, int) { return splat(t.joined_bias[d]); },
           [&](int d, int i, V s) { l.of_first[i * D + d] = s; });
    points(w.values, D, t.merged_second, D, D, k, Zero(), [&](int d, int j, V s) { w.merged[0][j * D + d] = s; });
    for (int e = 0; e < k * H; e++) l.d_first[e] = l.d_second[e] = V{};
    for (int e = 0; e < k * D; e++) l.d_of_first[e] = l.d_merged[e] = V{};
    for (int e = 0; e < k * 9; e++) l.d_invariants[e] = V{};
}

// Representations, scores and (turns) scales of the pairs of row i.
template <bool turns> static void row_again(Learner &l, const Attention &t, const V *at, int i) {
    Work &w = l.w;
    const int k = w.k, D = w.D, H = w.H;
    for (int j = 0; j < k; j++) {
        geometric_product(at + i * 8, at + j * 8, [&](int m, V x) { l.pairs[j * 8 + m] = x; });
        find_invariants(l.pairs + j * 8, w.products + j * 9);
    }
    points(w.products, 9, t.of_pairs, 8, H, k, [&](int h, int j) { return l.first[i * H + h] + w.second[0][j * H + h]; },
           [&](int h, int j, V s) { l.of_z[j * H + h] = s; });
    normalize(l.of_z, l.z_scale, l.z, t.beta, w.hidden, H, k);
    points(l.z, H, t.joined, H, D, k, [&](int d, int j) { return l.of_first[i * D + d] + w.merged[0][j * D + d]; },
           [&](int d, int j, V s) { w.joined[j * D + d] = s; });
    find_scores(l, t.score, t.score_bias, t.score_beta, t.score_out, l.of_score, l.score_scale, w.scores);
    if (turns) find_scores(l, t.scale, t.scale_bias, t.scale_beta, t.scale_out, l.of_scale, l.scale_scale, w.scales);
}

// From d (9) of the invariants q of a multivector m to those of m, added.
INLINE void invariants_back(const V *m, const V *q, const V *d, V *d_m) {
    V of_inverse = d[8], of_each[4];
    UNROLL for (int c = 0; c < 4; c++) of_inverse += d[4 + c] * q[c];
    of_inverse *= q[8] * q[8] * q[8];
    UNROLL for (int c = 0; c < 4; c++) of_each[c] = d[c] + d[4 + c] * q[8] - of_inverse * q[c];
    V of_vector = of_each[1] / q[1], of_bivector = of_each[2] / q[2];
    d_m[0] += of_each[0];
    UNROLL for (int c = 1; c < 4; c++) d_m[c] += of_vector * m[c];
    UNROLL for (int c = 4; c < 7; c++) d_m[c] += of_bivector * m[c];
    d_m[7] += of_each[3];
}

INLINE V dot(const V *a, const V *b, int n) {
    V sum{};
    for (int c = 0; c < n; c++) sum += a[c] * b[c];
    return sum;
}

// Gradients of the sum of representations (D numbers in d) of row i: what `row_back` needs of them.
INLINE void values_back(Learner &l, const V *d, V of_sum, V share) {
    const int D = l.w.D;
    for (int j = 0; j < l.w.k; j++) {
        V weight = l.w.scores[j] * share, *joined = l.w.joined + j * D;
        l.d_scores[j] = weight * (dot(d, joined, D) - of_sum);
        for (int c = 0; c < D; c++) l.d_joined[j * D + c] = weight * d[c];
    }
}

// The same of the sum of scaled covariants (8 numbers in d).
INLINE void multivectors_back(Learner &l, const Attention &t, const V *at, int i, const V *d, V of_sum, V share) {
    Work &w = l.w;
    const V *point = at + i * 8, of_first = dot(d, point, 8), length = w.invariants[i * 9 + 8];
    const float *a = t.alpha;
    V *d_alpha = l.of(t.alpha), total{};
    for (int j = 0; j < w.k; j++) {
        const V *second = at + j * 8, inverse = w.products[j * 9 + 8], other = w.invariants[j * 9 + 8];
        V weight = w.scores[j] * share, scale = w.scales[j] + t.scale_constant[0], scaled = weight * scale;
        V of_pair = dot(d, l.pairs + j * 8, 8), of_second = dot(d, second, 8);
        V along = of_pair * (a[0] + a[3] * inverse) + of_first * (a[1] + a[4] * length) + of_second * (a[2] + a[5] * other);
        l.d_scores[j] = weight * (scale * along - of_sum);
        l.d_scales[j] = weight * along;
        l.of(t.scale_constant)[0] += weight * along;
        total += scaled;
        d_alpha[0] += scaled * of_pair; d_alpha[2] += scaled * of_second;
        d_alpha[3] += scaled * of_pair * inverse; d_alpha[5] += scaled * of_second * other;
        UNROLL for (int m = 0; m < 8; m++) {
            l.d_pairs[j * 8 + m] = scaled * (a[0] + a[3] * inverse) * d[m];
            l.d_points[j * 8 + m] += scaled * (a[2] + a[5] * other) * d[m];
        }
        l.d_products[j * 9 + 8] = scaled * a[3] * of_pair;
        l.d_invariants[j * 9 + 8] += scaled * a[5] * of_second;
    }
    d_alpha[1] += total * of_first; d_alpha[4] += total * of_first * length;
    l.d_invariants[i * 9 + 8] += total * a[4] * of_first;
    UNROLL for (int m = 0; m < 8; m++) l.d_points[i * 8 + m] += total * (a[1] + a[4] * length) * d[m];
    for (int e = 0; e < w.k * w.D; e++) l.d_joined[e] = V{};
}

// Row i backwards, after `row_again`, from gradients d of the sum of its pairs. of_sum: the product of d with that sum,
// or with the sum over all rows; share: 1 / the sum of the weights in w.scores.
template <bool turns> static void row_back(Learner &l, const Attention &t, const Attention &back, const V *at, int i,
                                           const V *d, V of_sum, V share) {
    Work &w = l.w;
    const int k = w.k, D = w.D, H = w.H;
    for (int e = 0; e < k * 9; e++) l.d_products[e] = V{};
    for (int e = 0; e < k * 8; e++) l.d_pairs[e] = V{};
    if (turns) multivectors_back(l, t, at, i, d, of_sum, share);
    else values_back(l, d, of_sum, share);
    find_scores_back(l, t.score, back.score, t.score_bias, t.score_beta, t.score_out, l.of_score, l.score_scale, l.d_scores);
    if (turns) find_scores_back(l, t.scale, back.scale, t.scale_bias, t.scale_beta, t.scale_out, l.of_scale,
                                l.scale_scale, l.d_scales);
    add_outer(l.of(t.joined), l.z, H, H, l.d_joined, D, D, k);
    add_rows(l.d_of_first + i * D, l.d_joined, D, k);
    for (int e = 0; e < k * D; e++) l.d_merged[e] += l.d_joined[e];
    V *d_z = l.hidden;
    points(l.d_joined, D, back.joined, D, H, k, Zero(), [&](int h, int j, V s) { d_z[j * H + h] = s; });
    normalize_back(d_z, l.of_z, l.z_scale, t.beta, l.of(t.beta), w.hidden, H, k);
    add_rows(l.d_first + i * H, d_z, H, k);
    for (int e = 0; e < k * H; e++) l.d_second[e] += d_z[e];
    add_outer(l.of(t.of_pairs), w.products, 9, 8, d_z, H, H, k);
    points(d_z, H, back.of_pairs, H, 8, k, [&](int c, int j) { return l.d_products[j * 9 + c]; },
           [&](int c, int j, V s) { l.d_products[j * 9 + c] = s; });
    V first[8], *d_first = l.d_points + i * 8;  // a product's adjoint is one with the reverse
    UNROLL for (int m = 0; m < 8; m++) first[m] = m < 4 ? at[i * 8 + m] : -at[i * 8 + m];
    for (int j = 0; j < k; j++) {
        V second[8], *d_pair = l.d_pairs + j * 8, *d_second = l.d_points + j * 8;
        UNROLL for (int m = 0; m < 8; m++) second[m] = m < 4 ? at[j * 8 + m] : -at[j * 8 + m];
        invariants_back(l.pairs + j * 8, w.products + j * 9, l.d_products + j * 9, d_pair);
        geometric_product(d_pair, second, [&](int m, V x) { d_first[m] += x; });
        geometric_product(first, d_pair, [&](int m, V x) { d_second[m] += x; });
    }
}

// What of an attention's gradients depends on one point alone, after all rows; added to d_values and d_points.
static void end(Learner &l, const Attention &t, const Attention &back, const V *at) {
    Work &w = l.w;
    const int k = w.k, D = w.D, H = w.H;
    add_rows(l.of(t.bias), l.d_first, H, k);
    add_rows(l.of(t.joined_bias), l.d_of_first, D, k);
    const struct { const float *kernel, *back; V *d; } of_invariants[] = {
        {t.of_first, back.of_first, l.d_first}, {t.of_second, back.of_second, l.d_second}};
    for (const auto &part : of_invariants) {
        add_outer(l.of(part.kernel), w.invariants, 9, 8, part.d, H, H, k);
        points(part.d, H, part.back, H, 8, k, [&](int c, int i) { return l.d_invariants[i * 9 + c]; },
               [&](int c, int i, V s) { l.d_invariants[i * 9 + c] = s; });
    }
    const struct { const float *kernel, *back; V *d; } of_values[] = {
        {t.merged_first, back.merged_first, l.d_of_first}, {t.merged_second, back.merged_second, l.d_merged}};
    for (const auto &part : of_values) {
        add_outer(l.of(part.kernel), w.values, D, D, part.d, D, D, k);
        points(part.d, D, part.back, D, D, k, [&](int d, int i) { return l.d_values[i * D + d]; },
               [&](int d, int i, V s) { l.d_values[i * D + d] = s; });
    }
    for (int i = 0; i < k; i++) invariants_back(at + i * 8, w.invariants + i * 9, l.d_invariants + i * 9, l.d_points + i * 8);
}

}  // namespace
