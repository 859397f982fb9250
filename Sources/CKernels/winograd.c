#include "kernels_internal.h"

#pragma clang fp contract(fast)

/* Minimal filtering F(4 x 4, 3 x 3), Lavin and Gray (arXiv:1509.09308): 36 products for 16 pixels,
 * where sums of taps take 144. With the points 0, +-5/8, +-3/2 and infinity its rounding in float32
 * is that of plain sums; the usual 0, +-1, +-2 and infinity lose a digit (Barabasz and others,
 * arXiv:1803.10986). */
#define TAPS 36
#define A 0.625f
#define B 1.5f
#define AA (A * A)
#define BB (B * B)

typedef float lanes __attribute__((vector_size(64)));
typedef float loose __attribute__((vector_size(64), aligned(4)));
typedef uint32_t words __attribute__((vector_size(64)));
typedef uint16_t halves __attribute__((vector_size(32)));
typedef uint16_t loose_halves __attribute__((vector_size(32), aligned(2)));

/* Macros, as a vector is passed to a function in another way on every instruction set. */
#define LOAD(p) ((lanes) * (const loose *)(p))
#define STORE(p, v) (*(loose *)(p) = (v))
#define LOAD_HALF(p) \
  ((lanes)(__builtin_convertvector((halves) * (const loose_halves *)(p), words) << 16))

/* B'd: six values, `step` apart. */
CK_INLINE void transform_six(lanes *d, int step) {
  lanes d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step],
        d5 = d[5 * step];
  lanes even_a = d4 - BB * d2, odd_a = A * d3 - A * BB * d1;
  lanes even_b = d4 - AA * d2, odd_b = B * d3 - B * AA * d1;
  d[0] = AA * BB * d0 - (AA + BB) * d2 + d4;
  d[step] = even_a + odd_a;
  d[2 * step] = even_a - odd_a;
  d[3 * step] = even_b + odd_b;
  d[4 * step] = even_b - odd_b;
  d[5 * step] = AA * BB * d1 - (AA + BB) * d3 + d5;
}

/* A'm: four values of six, both `step` apart. */
CK_INLINE void join_six(lanes *m, int step) {
  lanes sum_a = m[step] + m[2 * step], difference_a = m[step] - m[2 * step];
  lanes sum_b = m[3 * step] + m[4 * step], difference_b = m[3 * step] - m[4 * step];
  m[0] = m[0] + sum_a + sum_b;
  m[step] = A * difference_a + B * difference_b;
  m[2 * step] = AA * sum_a + BB * sum_b;
  m[3 * step] = A * AA * difference_a + B * BB * difference_b + m[5 * step];
}

/* Gg of three taps. */
CK_INLINE void transform_taps(double g0, double g1, double g2, double u[6]) {
  const double a = A, b = B, aa = a * a, bb = b * b;
  const double na = 2 * aa * (aa - bb), nb = 2 * bb * (bb - aa);
  u[0] = g0 / (aa * bb);
  u[1] = (g0 + a * g1 + aa * g2) / na;
  u[2] = (g0 - a * g1 + aa * g2) / na;
  u[3] = (g0 + b * g1 + bb * g2) / nb;
  u[4] = (g0 - b * g1 + bb * g2) / nb;
  u[5] = g2;
}

typedef struct {
  const float *weight;
  float *u;
  int64_t I, O;
} weight_job;

static void weight_range(void *context, int64_t begin, int64_t end) {
  const weight_job *job = context;
  for (int64_t i = begin; i < end; i++)
    for (int64_t o = 0; o < job->O; o++) {
      const float *g = job->weight + (o * job->I + i) * 9;
      double rows[3][6], u[6];
      for (int r = 0; r < 3; r++) transform_taps(g[3 * r], g[3 * r + 1], g[3 * r + 2], rows[r]);
      for (int c = 0; c < 6; c++) {
        transform_taps(rows[0][c], rows[1][c], rows[2][c], u);
        for (int r = 0; r < 6; r++)
          job->u[((r * 6 + c) * job->I + i) * job->O + o] = (float)u[r];
      }
    }
}

void ck_winograd_weight(const float *weight, float *u, int64_t O, int64_t I) {
  weight_job job = {weight, u, I, O};
  ck_parallel(I, 4, weight_range, &job);
}

typedef struct {
  ck_winograd g;
  ck_array x, add, y;
  const float *bias;
  float *scratch;
  ck_winograd_product product;
  void *context;
  int64_t workers, across, down, tiles, chunks;
  int failed;
} winograd_job;

/* Tiles from `first` on become v (36, chunk, C). */
CK_INLINE void data_tiles(const winograd_job *job, int64_t first, int64_t count, float *v,
                          int half) {
  const ck_winograd g = job->g;
  int64_t H = g.H * g.factor, W = g.W * g.factor, plane = g.chunk * g.C;
  for (int64_t t = 0; t < count; t++) {
    int64_t tile = first + t, n = tile / (job->across * job->down);
    int64_t top = tile / job->across % job->down * 4 - g.above;
    int64_t left = tile % job->across * 4 - g.left;
    const char *pixel[TAPS];
    for (int p = 0; p < TAPS; p++) {
      int64_t row = top + p / 6, column = left + p % 6;
      int inside = row >= 0 && row < H && column >= 0 && column < W;
      int64_t at = ((n * g.H + row / g.factor) * g.W + column / g.factor) * g.C;
      pixel[p] = inside ? ck_place(job->x, at) : 0;
    }
    for (int64_t c = 0; c < g.C; c += CK_WINOGRAD_LANES) {
      lanes d[TAPS];
      for (int p = 0; p < TAPS; p++)
        d[p] = !pixel[p] ? (lanes){0}
               : half    ? LOAD_HALF(pixel[p] + 2 * c)
                         : LOAD(pixel[p] + 4 * c);
      for (int i = 0; i < 6; i++) transform_six(d + i, 6);
      for (int i = 0; i < 6; i++) transform_six(d + 6 * i, 1);
      float *to = v + t * g.C + c;
      for (int p = 0; p < TAPS; p++) STORE(to + p * plane, d[p]);
    }
  }
}

CK_CLONES static void take_data(const winograd_job *job, int64_t first, int64_t count, float *v) {
  CK_EITHER(job->x, HALF, data_tiles(job, first, count, v, HALF));
}

/* m (36, chunk, O) become the tiles of y. */
CK_INLINE void result_tiles(const winograd_job *job, int64_t first, int64_t count, const float *m,
                            int add_half, int y_half) {
  const ck_winograd g = job->g;
  int64_t plane = g.chunk * g.O;
  for (int64_t t = 0; t < count; t++) {
    int64_t tile = first + t, n = tile / (job->across * job->down);
    int64_t top = tile / job->across % job->down * 4, left = tile % job->across * 4;
    int64_t rows = g.rows - top < 4 ? g.rows - top : 4;
    int64_t columns = g.columns - left < 4 ? g.columns - left : 4;
    int64_t corner = ((n * g.rows + top) * g.columns + left) * g.O;
    for (int64_t o = 0; o < g.O; o += CK_WINOGRAD_LANES) {
      lanes d[TAPS], bias = job->bias ? LOAD(job->bias + o) : (lanes){0};
      const float *from = m + t * g.O + o;
      for (int p = 0; p < TAPS; p++) d[p] = LOAD(from + p * plane);
      for (int i = 0; i < 6; i++) join_six(d + i, 6);
      for (int i = 0; i < 4; i++) join_six(d + 6 * i, 1);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
          int64_t at = corner + (r * g.columns + c) * g.O + o;
          lanes y = d[6 * r + c] + bias;
          if (job->add.data)
            y += add_half ? LOAD_HALF(ck_place(job->add, at)) : LOAD(ck_place(job->add, at));
          /* A comparison's lanes are all ones or none; NaN stays, as it is not below 0. */
          if (g.relu) y = (lanes)((words)y & ~(words)(y < 0));
          if (y_half)
            for (int l = 0; l < CK_WINOGRAD_LANES; l++) ck_put(job->y.data, 1, at + l, y[l]);
          else
            STORE(ck_place(job->y, at), y);
        }
    }
  }
}

CK_CLONES static void give_result(const winograd_job *job, int64_t first, int64_t count,
                                  const float *m) {
  CK_EITHER(job->add, ADD,
            CK_EITHER(job->y, Y, result_tiles(job, first, count, m, ADD, Y)));
}

static void worker_range(void *context, int64_t begin, int64_t end) {
  winograd_job *job = context;
  const ck_winograd g = job->g;
  for (int64_t worker = begin; worker < end; worker++) {
    float *v = job->scratch + worker * TAPS * g.chunk * (g.C + g.O);
    float *m = v + TAPS * g.chunk * g.C;
    int64_t last = job->chunks * (worker + 1) / job->workers;
    for (int64_t k = job->chunks * worker / job->workers; k < last; k++) {
      int64_t tile = k * g.chunk;
      int64_t count = job->tiles - tile < g.chunk ? job->tiles - tile : g.chunk;
      take_data(job, tile, count, v);
      if (job->product(job->context, (int)worker))
        __atomic_store_n(&job->failed, 1, __ATOMIC_RELAXED);
      give_result(job, tile, count, m);
    }
  }
}

size_t ck_winograd_scratch(ck_winograd g) {
  return (size_t)(TAPS * g.chunk * (g.C + g.O)) * sizeof(float);
}

int ck_winograd_convolution(ck_winograd g, ck_array x, const float *bias, ck_array add, ck_array y,
                            void *scratch, int workers, ck_winograd_product product,
                            void *context) {
  winograd_job job = {.g = g, .x = x, .add = add, .y = y, .bias = bias, .scratch = scratch,
                      .product = product, .context = context, .workers = workers};
  job.across = (g.columns + 3) / 4;
  job.down = (g.rows + 3) / 4;
  job.tiles = g.N * job.across * job.down;
  job.chunks = (job.tiles + g.chunk - 1) / g.chunk;
  ck_parallel(workers, 1, worker_range, &job);
  return job.failed;
}
