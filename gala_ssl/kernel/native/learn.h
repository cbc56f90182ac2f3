// The loss of clouds and its gradient with respect to all folded weights, LANES clouds at a time.
#pragma once
#include "backward.h"

namespace {

// What running statistics move by, summed over clouds, of each block and of the head: 8 invariants of pairs and their
// squares, 8 of points and theirs, and the length of the new multivectors before they are divided by it.
constexpr int STATISTICS = 33;

// Of one point x (D) through an MLP to answers (N).
INLINE void mlp(Learner &l, const Mlp &t, const V *x, int N, V *answers) {
    const int D = l.w.D, H = l.w.H;
    points(x, D, t.kernel, D, H, 1, [&](int h, int) { return splat(t.bias[h]); },
           [&](int h, int, V s) { l.of_hidden[h] = s; });
    normalize(l.of_hidden, l.hidden_scale, l.hidden_z, t.beta, l.w.hidden, H, 1);
    points(l.hidden_z, H, t.out_kernel, H, N, 1, [&](int n, int) { return splat(t.out_bias[n]); },
           [&](int n, int, V s) { answers[n] = s; });
}

// The same backwards, from d (N) to d_x (D).
INLINE void mlp_back(Learner &l, const Mlp &t, const Mlp &back, const V *x, const V *d, int N, V *d_x) {
    const int D = l.w.D, H = l.w.H;
    V *d_hidden = l.hidden;
    add_rows(l.of(t.out_bias), d, N, 1);
    add_outer(l.of(t.out_kernel), l.hidden_z, H, H, d, N, N, 1);
    points(d, N, back.out_kernel, N, H, 1, Zero(), [&](int h, int, V s) { d_hidden[h] = s; });
    normalize_back(d_hidden, l.of_hidden, l.hidden_scale, t.beta, l.of(t.beta), l.w.hidden, H, 1);
    add_rows(l.of(t.bias), d_hidden, H, 1);
    add_outer(l.of(t.kernel), x, D, D, d_hidden, H, H, 1);
    points(d_hidden, H, back.kernel, H, D, 1, Zero(), [&](int n, int, V s) { d_x[n] = s; });
}

static void count_statistics(Learner &l, V *sums, const V *x) {  // x: 8 invariants
    UNROLL for (int c = 0; c < 8; c++) {
        V counted = l.there * x[c];
        sums[c] += counted;
        sums[8 + c] += counted * x[c];
    }
}

// Weighted sum of the representations of row i, all of them with their attention; returns 1 / the sum of weights.
INLINE V sum_row(Learner &l, int i, V *sum) {
    Softmax s = nothing_weighed();
    weigh(l.w, i, s);
    for (int d = 0; d < l.w.D; d++) sum[d] = V{};
    add_values(l.w, sum);
    V share = 1.0f / s.sum;
    for (int d = 0; d < l.w.D; d++) sum[d] *= share;
    return share;
}

// Gradients through layer norm of a point's values, in place: x are those before it.
INLINE void values_norm_back(Learner &l, const Block &t, const V *x, V *d) {
    const int D = l.w.D, width = l.w.width;
    V mean{}, squares{}, sum{}, product{}, *d_gamma = l.of(t.gamma), *d_beta = l.of(t.beta);
    for (int c = 0; c < width; c++) mean += x[c];
    mean *= 1.0f / width;
    for (int c = 0; c < width; c++) squares += (x[c] - mean) * (x[c] - mean);
    V scale = 1.0f / root(squares * (1.0f / width) + 1e-3f);
    for (int c = 0; c < width; c++) {
        V of = (x[c] - mean) * scale;
        d_gamma[c] += d[c] * of;
        d_beta[c] += d[c];
        d[c] *= t.gamma[c];
        sum += d[c];
        product += d[c] * of;
    }
    for (int c = 0; c < D; c++)
        d[c] = c < width ? scale * (d[c] - (sum + (x[c] - mean) * scale * product) * (1.0f / width)) : V{};
}

// Block b backwards: d_values (k x D) and d_points (k x 8) of what it gives become those of what it got.
static void refine_back(Learner &l, int b, bool turns) {
    Work &w = l.w;
    const Block &t = l.t.block[b], &back = l.back.block[b];
    const int k = w.k, D = w.D;
    const V *at = l.kept_multivectors[b];
    V *statistics = l.statistics + b * STATISTICS;
    for (int e = 0; e < k * D; e++) w.values[e] = l.kept_values[b][e];
    for (int e = 0; e < k * 8; e++) w.new_multivectors[e] = l.d_points[e] * t.factor[0];
    for (int e = 0; e < k * 8; e++) l.d_points[e] = w.new_multivectors[e];
    if (turns)
        for (int i = 0; i < k; i++) {
            const V *m = l.kept_multivectors[b + 1] + i * 8;
            statistics[32] += l.there * root(larger(splat(1e-37f), dot(m, m, 8))) * (1.0f / t.factor[0]);
        }
    begin(l, t.values, at);
    for (int i = 0; i < k; i++) count_statistics(l, statistics + 16, w.invariants + i * 9);
    for (int i = 0; i < k; i++) {
        V *d = l.d_values + i * D, *x = w.u, *d_sum = w.v;
        row_again<false>(l, t.values, at, i);
        for (int j = 0; j < k; j++) count_statistics(l, statistics, w.products + j * 9);
        V share = sum_row(l, i, l.summed);
        mlp(l, t.mlp, l.summed, D, x);
        for (int c = 0; c < D; c++) x[c] += w.values[i * D + c];
        values_norm_back(l, t, x, d);
        mlp_back(l, t.mlp, back.mlp, l.summed, d, D, d_sum);
        row_back<false>(l, t.values, back.values, at, i, d_sum, dot(d_sum, l.summed, D), share);
    }
    end(l, t.values, back.values, at);
    if (!turns) return;
    begin(l, t.turned, at);
    for (int i = 0; i < k; i++) {
        row_again<true>(l, t.turned, at, i);
        Softmax s = nothing_weighed();
        weigh(w, i, s);
        V sum[8] = {}, share = 1.0f / s.sum;
        add_multivectors(w, t.turned, at, i, sum);
        row_back<true>(l, t.turned, back.turned, at, i, w.new_multivectors + i * 8,
                       dot(w.new_multivectors + i * 8, sum, 8) * share, share);
    }
    end(l, t.turned, back.turned, at);
}

// What is asked of clouds: target is a class (n) or (n, k), or a vector (n, 3) or (n, k, 3); weight (n) or (n, k) is the
// part that each has in the loss.
struct Question {
    const float *target, *weight;
    float *answer;
    V loss;
};

// Probabilities from y (C) in place, and their gradients d (C), of one cloud or bond: item(l) is its number in lane l.
template <class F> INLINE void ask_class(Learner &l, Question &q, V *y, V *d, F item) {
    const int classes = l.t.classes;
    V most = splat(-3e38f), sum{}, weight{};
    for (int c = 0; c < classes; c++) most = larger(most, y[c]);
    for (int lane = 0; lane < LANES; lane++)
        if (l.there[lane]) {
            weight[lane] = q.weight[item(lane)];
            q.loss[lane] += weight[lane] * (most[lane] - y[(int)q.target[item(lane)]][lane]);
        }
    for (int c = 0; c < classes; c++) sum += y[c] = exponential(y[c] - most);
    for (int c = 0; c < l.t.C; c++) d[c] = V{};
    for (int c = 0; c < classes; c++) { y[c] /= sum; d[c] = weight * y[c]; }
    for (int lane = 0; lane < LANES; lane++) {
        if (!l.there[lane]) continue;
        const int target = (int)q.target[item(lane)];
        d[target][lane] -= weight[lane];
        q.loss[lane] += weight[lane] * std::log(sum[lane]);
        for (int c = 0; c < classes; c++) q.answer[item(lane) * classes + c] = y[c][lane];
    }
}

// The same of a vector y (3), by its mean squared difference.
template <class F> INLINE void ask_vector(Learner &l, Question &q, const V *y, V *d, F item) {
    for (int c = 0; c < 3; c++) {
        d[c] = V{};
        for (int lane = 0; lane < LANES; lane++) {
            if (!l.there[lane]) continue;
            const long at = item(lane);
            const float apart = y[c][lane] - q.target[at * 3 + c], weight = q.weight[at] / 3;
            d[c][lane] = 2 * weight * apart;
            q.loss[lane] += weight * apart * apart;
            q.answer[at * 3 + c] = y[c][lane];
        }
    }
}

static void classes_back(Learner &l, Question &q, const Clouds &c) {
    Work &w = l.w;
    const Attention &t = l.t.attention, &back = l.back.attention;
    const int k = w.k, D = w.D, C = l.t.C;
    const bool of_cloud = l.t.head == CLOUD_CLASS;
    V *d_sum = w.v;
    auto classify = [&](auto item) {
        mlp(l, l.t.classifier, l.summed, C, l.answers);
        ask_class(l, q, l.answers, l.d_answers, item);
        mlp_back(l, l.t.classifier, l.back.classifier, l.summed, l.d_answers, C, d_sum);
    };
    Softmax s = nothing_weighed();
    if (of_cloud) {
        for (int d = 0; d < D; d++) l.summed[d] = V{};
        for (int i = 0; i < k; i++) {
            row_again<false>(l, t, w.multivectors, i);
            V factor = weigh(w, i, s);
            for (int d = 0; d < D; d++) l.summed[d] *= factor;
            add_values(w, l.summed);
        }
        for (int d = 0; d < D; d++) l.summed[d] /= s.sum;
        classify([&](int lane) { return c.first + lane; });
    }
    for (int i = 0; i < k; i++) {
        row_again<false>(l, t, w.multivectors, i);
        for (int j = 0; j < k; j++) count_statistics(l, l.statistics + l.t.blocks * STATISTICS, w.products + j * 9);
        V share = 1.0f / s.sum;
        if (of_cloud) for (int j = 0; j < k; j++) w.scores[j] = exponential(w.scores[j] - s.most);
        else {
            share = sum_row(l, i, l.summed);
            classify([&](int lane) { return (c.first + lane) * c.k + i; });
        }
        row_back<false>(l, t, back, w.multivectors, i, d_sum, dot(d_sum, l.summed, D), share);
    }
}

static void vectors_back(Learner &l, Question &q, const Clouds &c) {
    Work &w = l.w;
    const Attention &t = l.t.attention, &back = l.back.attention;
    const V *at = l.t.on_bonds ? w.bonds : w.multivectors;
    const bool of_cloud = l.t.head == CLOUD_VECTOR;
    V sum[8] = {}, d[8] = {};
    Softmax s = nothing_weighed();
    if (of_cloud) {
        for (int i = 0; i < w.k; i++) {
            row_again<true>(l, t, at, i);
            V factor = weigh(w, i, s);
            UNROLL for (int m = 0; m < 8; m++) sum[m] *= factor;
            add_multivectors(w, t, at, i, sum);
        }
        UNROLL for (int m = 0; m < 8; m++) sum[m] /= s.sum;
        ask_vector(l, q, sum + 1, d + 1, [&](int lane) { return c.first + lane; });
    }
    for (int i = 0; i < w.k; i++) {
        row_again<true>(l, t, at, i);
        for (int j = 0; j < w.k; j++) count_statistics(l, l.statistics + l.t.blocks * STATISTICS, w.products + j * 9);
        if (of_cloud) for (int j = 0; j < w.k; j++) w.scores[j] = exponential(w.scores[j] - s.most);
        else {
            s = nothing_weighed();
            weigh(w, i, s);
            UNROLL for (int m = 0; m < 8; m++) sum[m] = V{};
            add_multivectors(w, t, at, i, sum);
            UNROLL for (int m = 0; m < 8; m++) sum[m] /= s.sum;
            ask_vector(l, q, sum + 1, d + 1, [&](int lane) { return (c.first + lane) * c.k + i; });
        }
        row_back<true>(l, t, back, at, i, d, dot(d, sum, 8), 1.0f / s.sum);
    }
}

static void learn_clouds(Learner &l, Question &q, const float *bonds, const float *types, Clouds &c) {
    Work &w = l.w;
    const Network &t = l.t;
    const int k = c.k, D = t.D;
    const bool vectors = t.head >= CLOUD_VECTOR, on_bonds = vectors && t.on_bonds;
    load(w, t, bonds, types, c);
    for (int lane = 0; lane < LANES; lane++) l.there[lane] = c.first + lane < c.n;
    auto keep = [&](int b) {
        for (int e = 0; e < k * D; e++) l.kept_values[b][e] = w.values[e];
        for (int e = 0; e < k * 8; e++) l.kept_multivectors[b][e] = w.multivectors[e];
    };
    keep(0);
    for (int b = 0; b < t.blocks; b++) {
        refine(w, t.block[b], b + 1 < t.blocks || !on_bonds);
        keep(b + 1);
    }
    for (int e = 0; e < k * D; e++) l.d_values[e] = V{};
    for (int e = 0; e < k * 8; e++) l.d_points[e] = V{};
    const V *at = on_bonds ? w.bonds : w.multivectors;
    begin(l, t.attention, at);
    for (int i = 0; i < k; i++) count_statistics(l, l.statistics + t.blocks * STATISTICS + 16, w.invariants + i * 9);
    if (vectors) vectors_back(l, q, c); else classes_back(l, q, c);
    end(l, t.attention, l.back.attention, at);
    if (on_bonds) for (int e = 0; e < k * 8; e++) l.d_points[e] = V{};
    for (int b = t.blocks - 1; b >= 0; b--) refine_back(l, b, b + 1 < t.blocks || !on_bonds);
    V *d = l.of(t.embedding);
    for (int i = 0; i < k; i++)
        for (int q = 0; q <= t.types; q++) {
            V type = splat(1.0f);
            if (q < t.types)
                for (int lane = 0; lane < LANES; lane++) {
                    const long cloud = c.first + lane < c.n ? c.first + lane : c.n - 1;
                    type[lane] = types[(cloud * k + c.place[lane][i]) * t.types + q];
                }
            for (int n = 0; n < D; n++) d[q * D + n] += type * l.d_values[i * D + n];
        }
}

// bonds (n, k, 3) and types (n, k, types) without padding; weights and back of `size` numbers. Adds up loss (1), gradient
// (size) and statistics (blocks + 1, STATISTICS); fills answer. Returns 0, or 1 where there is no memory.
static int learn_all(const int32_t *shape, const float *weights, const float *back, long size, const float *bonds,
                     const float *types, const float *target, const float *weight, long n, int k, float *answer,
                     double *loss, double *gradient, double *statistics) {
    Learner l{};
    Work &w = l.w;
    Clouds c{};
    l.t = read_network(shape, weights);
    l.back = read_network(shape, back);
    l.weights = weights;
    const int D = l.t.D, H = l.t.H, C = l.t.C, blocks = l.t.blocks;
    w.width = l.t.width; w.hidden = l.t.hidden; w.D = D; w.H = H; c.n = n; c.k = k;
    const struct { V **to; long size; } parts[] = {
        {&w.multivectors, 8 * k}, {&w.values, k * D}, {&w.new_multivectors, 8 * k}, {&w.new_values, k * D},
        {&w.bonds, 8 * k}, {&w.mask, k}, {&w.invariants, 9 * k}, {&w.products, 9 * k}, {&w.second[0], k * H},
        {&w.second[1], k * H}, {&w.merged[0], k * D}, {&w.merged[1], k * D}, {&w.first, H}, {&w.of_first, D},
        {&w.joined, k * D}, {&w.scores, k}, {&w.scales, k}, {&w.x, 8 * MOST}, {&w.z, H * MOST}, {&w.v, D * MOST},
        {&w.u, (H > D ? H : D) * MOST}, {&w.squares, MOST}, {&l.gradient, size}, {&l.first, k * H}, {&l.of_first, k * D},
        {&l.pairs, k * 8}, {&l.z, k * H}, {&l.of_z, k * H}, {&l.of_score, k * H}, {&l.of_scale, k * H}, {&l.z_scale, k},
        {&l.score_scale, k}, {&l.scale_scale, k}, {&l.d_joined, k * D}, {&l.d_products, k * 9}, {&l.d_pairs, k * 8},
        {&l.d_scores, k}, {&l.d_scales, k}, {&l.d_first, k * H}, {&l.d_second, k * H}, {&l.d_of_first, k * D},
        {&l.d_merged, k * D}, {&l.d_invariants, k * 9}, {&l.d_values, k * D}, {&l.d_points, k * 8}, {&l.hidden, k * H},
        {&l.hidden_z, H}, {&l.of_hidden, H}, {&l.hidden_scale, 1}, {&l.answers, C}, {&l.d_answers, C}, {&l.summed, D},
        {&l.statistics, (blocks + 1) * STATISTICS}};
    long total = (long)(blocks + 1) * k * (D + 8);
    for (const auto &part : parts) total += part.size;
    V *memory = (V *)aligned_alloc(64, (total * sizeof(V) + 63) / 64 * 64);
    if (!memory) return 1;
    V *at = memory;
    for (const auto &part : parts) { *part.to = at; at += part.size; }
    for (int b = 0; b <= blocks; b++) {
        l.kept_values[b] = at; at += k * D;
        l.kept_multivectors[b] = at; at += k * 8;
    }
    for (long e = 0; e < size; e++) l.gradient[e] = V{};
    for (int e = 0; e < (blocks + 1) * STATISTICS; e++) l.statistics[e] = V{};
    Question q{target, weight, answer, V{}};
    for (c.first = 0; c.first < n; c.first += LANES) learn_clouds(l, q, bonds, types, c);
    for (int lane = 0; lane < LANES; lane++) {
        *loss += q.loss[lane];
        for (int e = 0; e < (blocks + 1) * STATISTICS; e++) statistics[e] += l.statistics[e][lane];
    }
    for (long e = 0; e < size; e++) for (int lane = 0; lane < LANES; lane++) gradient[e] += l.gradient[e][lane];
    free(memory);
    return 0;
}

}  // namespace

#ifdef SET
extern "C" int NAMED(gala_learn_, SET)(const int32_t *shape, const float *weights, const float *back, long size,
                                       const float *bonds, const float *types, const float *target, const float *weight,
                                       long n, int k, float *answer, double *loss, double *gradient, double *statistics) {
    return learn_all(shape, weights, back, size, bonds, types, target, weight, n, k, answer, loss, gradient, statistics);
}
#endif
