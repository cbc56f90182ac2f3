// The whole network, LANES clouds at a time: blocks of the core, then what is asked for of it or of the head.
#pragma once
#include "attention.h"

namespace {

enum Head { NO_HEAD, CLOUD_CLASS, BOND_CLASS, CLOUD_VECTOR, BOND_VECTORS };
enum Wanted { MEAN, VALUES, SUMMARY, ANSWER, SUMMARY_AND_ANSWER };
constexpr int MOST_BLOCKS = 64, MOST_BONDS = 64;

struct Block { Attention values, turned; Mlp mlp; const float *gamma, *beta, *factor; };

struct Network {
    int width, hidden, types, blocks, head, on_bonds, classes, D, H, C;
    const float *embedding;  // (types + 1) x D, the bias last
    Block block[MOST_BLOCKS];
    Attention attention;  // of the head
    Mlp classifier;
};

INLINE int fours(int n) { return (n + 3) / 4 * 4; }

struct Reader {
    const float *at;
    const float *operator()(long n) { at += n; return at - n; }
};

static Attention read_attention(Reader &r, int D, int H, bool turns) {
    Attention t{};
    t.of_pairs = r(8 * H); t.of_first = r(8 * H); t.of_second = r(8 * H); t.bias = r(H); t.beta = r(H);
    t.joined = r(H * D); t.merged_first = r(D * D); t.merged_second = r(D * D); t.joined_bias = r(D);
    t.score = r(D * H); t.score_bias = r(H); t.score_beta = r(H); t.score_out = r(H);
    if (turns) {
        t.scale = r(D * H); t.scale_bias = r(H); t.scale_beta = r(H); t.scale_out = r(H);
        t.scale_constant = r(1); t.alpha = r(6);
    }
    return t;
}

static Mlp read_mlp(Reader &r, int D, int H, int N) { return {r(D * H), r(H), r(H), r((long)H * N), r(N)}; }

static Network read_network(const int32_t *shape, const float *weights) {
    Network t{shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], shape[6]};
    Reader r{weights};
    t.D = fours(t.width); t.H = fours(t.hidden); t.C = fours(t.classes);
    t.embedding = r((long)(t.types + 1) * t.D);
    for (int b = 0; b < t.blocks; b++) {
        Block &block = t.block[b];
        block.values = read_attention(r, t.D, t.H, false);
        block.turned = read_attention(r, t.D, t.H, true);
        block.mlp = read_mlp(r, t.D, t.H, t.D);
        block.gamma = r(t.D); block.beta = r(t.D); block.factor = r(1);
    }
    if (t.head != NO_HEAD) t.attention = read_attention(r, t.D, t.H, t.head >= CLOUD_VECTOR);
    if (t.head == CLOUD_CLASS || t.head == BOND_CLASS) t.classifier = read_mlp(r, t.D, t.H, t.C);
    return t;
}

// LANES clouds from the first on: their bonds, moved together so that padding comes last, and where they were.
struct Clouds {
    long first, n;
    int k, count[LANES], place[LANES][MOST_BONDS];
    V *found;

    // out (n, size) from v (size). Clouds past the last one are copies of it, not written.
    void put(const V *v, int size, float *out) const {
        for (int l = 0; l < LANES && first + l < n; l++)
            for (int c = 0; c < size; c++) out[(first + l) * size + c] = v[c][l];
    }
    // out (n, k, size) of the bonds i; padding is left as it is.
    void put_bonds(const V *v, int i, int size, float *out) const {
        for (int l = 0; l < LANES && first + l < n; l++)
            if (i < count[l])
                for (int c = 0; c < size; c++) out[((first + l) * k + place[l][i]) * size + c] = v[c][l];
    }
};

static void load(Work &w, const Network &t, const float *bonds, const float *types, Clouds &c) {
    w.k = 1;
    const float *of_lane[LANES];
    for (int l = 0; l < LANES; l++) {
        long cloud = c.first + l < c.n ? c.first + l : c.n - 1;
        of_lane[l] = types + cloud * c.k * t.types;
        c.count[l] = 0;
        for (int i = 0; i < c.k; i++) {
            bool real = false;
            for (int q = 0; q < t.types; q++) real |= of_lane[l][i * t.types + q] != 0;
            if (real) c.place[l][c.count[l]++] = i;
        }
        if (c.count[l] > w.k) w.k = c.count[l];
    }
    for (int i = 0; i < w.k; i++) {
        V *r = w.bonds + i * 8, *x = w.values + i * t.D;
        UNROLL for (int m = 0; m < 8; m++) r[m] = V{};
        w.mask[i] = V{};
        for (int d = 0; d < t.D; d++) x[d] = splat(t.embedding[(long)t.types * t.D + d]);
        for (int l = 0; l < LANES; l++) {
            if (i >= c.count[l]) continue;
            long cloud = c.first + l < c.n ? c.first + l : c.n - 1;
            w.mask[i][l] = 1;
            for (int d = 0; d < 3; d++) r[1 + d][l] = bonds[(cloud * c.k + c.place[l][i]) * 3 + d];
        }
        for (int q = 0; q < t.types; q++) {
            V type{};
            for (int l = 0; l < LANES; l++)
                if (i < c.count[l]) type[l] = of_lane[l][c.place[l][i] * t.types + q];
            for (int d = 0; d < t.D; d++) x[d] += type * t.embedding[q * t.D + d];
        }
        UNROLL for (int m = 0; m < 8; m++) w.multivectors[i * 8 + m] = r[m];
    }
}

// New values of bond i: their attention through an MLP, added to the old ones, by layer norm.
INLINE void refine_values(Work &w, const Block &t, int i) {
    V *sum = w.v, *x = w.u, mean{}, variance{}, *out = w.new_values + i * w.D;
    for (int d = 0; d < w.D; d++) sum[d] = V{};
    Softmax s = nothing_weighed();
    weigh(w, i, s);
    add_values(w, sum);
    for (int d = 0; d < w.D; d++) sum[d] /= s.sum;
    run(t.mlp, sum, w.z, w.D, w.hidden, w.H, w.D, [&](int d, V y) { x[d] = y + w.values[i * w.D + d]; });
    for (int d = 0; d < w.width; d++) mean += x[d];
    mean *= 1.0f / w.width;
    for (int d = 0; d < w.width; d++) {
        x[d] -= mean;
        variance += x[d] * x[d];
    }
    V scale = 1.0f / root(variance * (1.0f / w.width) + 1e-3f);
    for (int d = 0; d < w.D; d++) out[d] = x[d] * scale * t.gamma[d] + t.beta[d];  // padding: gamma and beta are 0
}

static void refine(Work &w, const Block &t, bool turns) {
    for (int i = 0; i < w.k; i++) find_invariants(w.multivectors + i * 8, w.invariants + i * 9);
    find_second(w, t.values, 0);
    if (turns) find_second(w, t.turned, 1);
    for (int i = 0; i < w.k; i++) {
        find_products(w, w.multivectors, i);
        row<false>(w, t.values, 0, i);
        refine_values(w, t, i);
        if (!turns) continue;
        row<true>(w, t.turned, 1, i);
        Softmax s = nothing_weighed();
        weigh(w, i, s);
        V sum[8] = {}, share = 1.0f / s.sum;
        add_multivectors(w, t.turned, w.multivectors, i, sum);
        UNROLL for (int m = 0; m < 8; m++)
            w.new_multivectors[i * 8 + m] = (w.multivectors[i * 8 + m] + sum[m] * share) * t.factor[0];
    }
    V *swapped = w.values; w.values = w.new_values; w.new_values = swapped;
    if (turns) { swapped = w.multivectors; w.multivectors = w.new_multivectors; w.new_multivectors = swapped; }
}

// Probabilities of the classes, from a representation x (D).
INLINE void classify(Work &w, const Network &t, const V *x, V mask, V *y) {
    V most = splat(-3e38f), sum{};
    run(t.classifier, x, w.z, w.D, w.hidden, w.H, t.C, [&](int c, V s) { y[c] = s * mask; });
    for (int c = 0; c < t.classes; c++) most = larger(most, y[c]);
    for (int c = 0; c < t.classes; c++) sum += y[c] = exponential(y[c] - most);
    for (int c = 0; c < t.classes; c++) y[c] /= sum;
}

static void finish_classes(Work &w, const Network &t, int wanted, const Clouds &c, float *out) {
    const bool of_cloud = t.head == CLOUD_CLASS;
    V *sum = w.v, *kept = w.new_values;  // pairs of the next row write to w.v
    for (int d = 0; d < w.D; d++) kept[d] = V{};
    Softmax s = nothing_weighed();
    for (int i = 0; i < w.k; i++) {
        find_products(w, w.multivectors, i);
        row<false>(w, t.attention, 0, i);
        if (!of_cloud) { s = nothing_weighed(); for (int d = 0; d < w.D; d++) kept[d] = V{}; }
        V factor = weigh(w, i, s);
        for (int d = 0; d < w.D; d++) kept[d] *= factor;
        add_values(w, kept);
        if (of_cloud && i + 1 < w.k) continue;
        for (int d = 0; d < w.D; d++) sum[d] = kept[d] / s.sum;
        if (of_cloud && wanted == SUMMARY) return c.put(sum, t.width, out);
        if (of_cloud && wanted == SUMMARY_AND_ANSWER) {
            for (int d = 0; d < t.width; d++) c.found[d] = sum[d];
            classify(w, t, sum, splat(1.0f), c.found + t.width);
            return c.put(c.found, t.width + t.classes, out);
        }
        classify(w, t, sum, of_cloud ? splat(1.0f) : w.mask[i], c.found);
        if (of_cloud) c.put(c.found, t.classes, out);
        else c.put_bonds(c.found, i, t.classes, out);
    }
}

static void finish_vectors(Work &w, const Network &t, int wanted, const Clouds &c, float *out) {
    const bool of_cloud = t.head == CLOUD_VECTOR;
    const V *points = t.on_bonds ? w.bonds : w.multivectors;
    V sum[8] = {}, q[9];
    Softmax s = nothing_weighed();
    for (int i = 0; i < w.k; i++) {
        find_products(w, points, i);
        row<true>(w, t.attention, 0, i);
        if (!of_cloud) { s = nothing_weighed(); UNROLL for (int m = 0; m < 8; m++) sum[m] = V{}; }
        V factor = weigh(w, i, s);
        UNROLL for (int m = 0; m < 8; m++) sum[m] *= factor;
        add_multivectors(w, t.attention, points, i, sum);
        if (of_cloud && i + 1 < w.k) continue;
        V answer[8];
        UNROLL for (int m = 0; m < 8; m++) answer[m] = sum[m] / s.sum;
        if (!of_cloud) { c.put_bonds(answer + 1, i, 3, out); continue; }
        find_invariants(answer, q);
        wanted == SUMMARY ? c.put(q, 4, out) : c.put(answer + 1, 3, out);
    }
}

static void finish_core(Work &w, const Network &t, int wanted, const Clouds &c, float *out) {
    V count{}, *mean = w.v;
    for (int d = 0; d < w.D; d++) mean[d] = V{};
    for (int i = 0; i < w.k; i++) {
        if (wanted == VALUES) c.put_bonds(w.values + i * w.D, i, t.width, out);
        count += w.mask[i];
        for (int d = 0; d < w.D; d++) mean[d] += w.mask[i] * w.values[i * w.D + d];
    }
    if (wanted == VALUES) return;
    count = larger(splat(1.0f), count);
    for (int d = 0; d < w.D; d++) mean[d] /= count;
    c.put(mean, t.width, out);
}

static void forward(Work &w, const Network &t, const float *bonds, const float *types, int wanted, Clouds &c, float *out) {
    const bool of_head = wanted >= SUMMARY, on_bonds = t.head >= CLOUD_VECTOR && t.on_bonds;
    load(w, t, bonds, types, c);
    for (int b = 0; b < t.blocks; b++) refine(w, t.block[b], b + 1 < t.blocks || (of_head && !on_bonds));
    if (!of_head) return finish_core(w, t, wanted, c, out);
    for (int i = 0; i < w.k; i++) {  // the core gives zeros for padding
        UNROLL for (int m = 0; m < 8; m++) w.multivectors[i * 8 + m] *= w.mask[i];
        for (int d = 0; d < w.D; d++) w.values[i * w.D + d] *= w.mask[i];
        find_invariants((on_bonds ? w.bonds : w.multivectors) + i * 8, w.invariants + i * 9);
    }
    find_second(w, t.attention, 0);
    t.head >= CLOUD_VECTOR ? finish_vectors(w, t, wanted, c, out) : finish_classes(w, t, wanted, c, out);
}

static int run_all(const int32_t *shape, const float *weights, const float *bonds, const float *types, long n, int k,
                   int wanted, float *out) {
    const Network t = read_network(shape, weights);
    Work w{};
    Clouds c{};
    w.width = t.width; w.hidden = t.hidden; w.D = t.D; w.H = t.H; c.n = n; c.k = k;
    const struct { V **to; long size; } parts[] = {
        {&w.multivectors, 8 * k}, {&w.values, k * t.D}, {&w.new_multivectors, 8 * k}, {&w.new_values, k * t.D},
        {&w.bonds, 8 * k}, {&w.mask, k}, {&w.invariants, 9 * k}, {&w.products, 9 * k}, {&w.second[0], k * t.H},
        {&w.second[1], k * t.H}, {&w.merged[0], k * t.D}, {&w.merged[1], k * t.D}, {&w.first, t.H},
        {&w.of_first, t.D}, {&w.joined, k * t.D}, {&w.scores, k}, {&w.scales, k}, {&w.x, 8 * MOST},
        {&w.z, t.H * MOST}, {&w.v, t.D * MOST}, {&w.u, (t.H > t.D ? t.H : t.D) * MOST}, {&w.squares, MOST},
        {&c.found, t.D + t.C}};
    long total = 0;
    for (const auto &part : parts) total += part.size;
    V *memory = (V *)aligned_alloc(64, (total * sizeof(V) + 63) / 64 * 64);
    if (!memory) return 1;
    V *at = memory;
    for (const auto &part : parts) { *part.to = at; at += part.size; }
    for (c.first = 0; c.first < n; c.first += LANES) forward(w, t, bonds, types, wanted, c, out);
    free(memory);
    return 0;
}

// count times 12 products and sums in LANES lanes that do not wait for each other: how fast the processor can be.
static float products(long count) {
    V sum[12];
    for (int i = 0; i < 12; i++) sum[i] = splat(i * 1e-3f);
    const V a = splat(1e-3f), b = splat(0.999f);
    for (long n = 0; n < count; n++)
        UNROLL for (int i = 0; i < 12; i++) sum[i] = sum[i] * b + a;
    for (int i = 1; i < 12; i++) sum[0] += sum[i];
    return sum[0][0];
}

}  // namespace

#ifdef SET  // the names by which plain.cpp calls what was compiled for this instruction set
#define JOINED(first, second) first##second
#define NAMED(first, second) JOINED(first, second)
extern "C" int NAMED(gala_, SET)(const int32_t *shape, const float *weights, const float *bonds, const float *types,
                                 long n, int k, int wanted, float *out) {
    return run_all(shape, weights, bonds, types, n, k, wanted, out);
}
extern "C" float NAMED(gala_products_, SET)(long count) { return products(count); }
#endif
