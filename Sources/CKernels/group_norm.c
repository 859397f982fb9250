#include "kernels_internal.h"

#include <math.h>
#include <string.h>

#pragma clang fp contract(fast)

/* Positions per piece of work, and per run that is added up in float: runs join in double.
 * A statistic's error is the same for a whole group, so that it would not average out. */
#define PIECE 128
#define RUN 16

/* Scratch: per (sample, piece) two sums per channel; per sample four numbers per channel
 * (slope, offset, then the gradient's two means). */
typedef struct {
  ck_array x, dy, y;
  const float *weight, *bias;
  float *dweight, *dbias;
  int64_t N, T, C, groups, pieces;
  float epsilon;
  int silu;
  double *partial; /* (N, pieces, 2, C) */
  float *channel;  /* (N, 4, C) */
} group_job;

size_t ck_group_norm_scratch(int64_t N, int64_t T, int64_t C) {
  int64_t pieces = (T + PIECE - 1) / PIECE;
  return (size_t)(N * pieces * 2 * C) * sizeof(double) + (size_t)(N * 4 * C) * sizeof(float);
}

/* Adds a run's two sums per channel to those of its piece, and clears it. */
CK_INLINE void flush_run(float *restrict run, double *restrict partial, int64_t C) {
  for (int64_t c = 0; c < 2 * C; c++) partial[c] += (double)run[c];
  memset(run, 0, (size_t)(2 * C) * sizeof(float));
}

/* Sums of (x - x[0]) and its square: shifted, so that a large mean does not cancel. */
CK_INLINE void sums(const group_job *job, int64_t begin, int64_t end, int half) {
  int64_t C = job->C;
  for (int64_t item = begin; item < end; item++) {
    int64_t n = item / job->pieces, first = item % job->pieces * PIECE;
    int64_t count = job->T - first < PIECE ? job->T - first : PIECE;
    const void *x = ck_place(job->x, (n * job->T + first) * C);
    const void *origin = ck_place(job->x, n * job->T * C);
    double *partial = job->partial + item * 2 * C;
    float run[2 * C], *restrict sum = run, *restrict square = run + C;
    memset(run, 0, sizeof run);
    memset(partial, 0, (size_t)(2 * C) * sizeof(double));
    for (int64_t t = 0; t < count; t++) {
      CK_SAME_PLACE for (int64_t c = 0; c < C; c++) {
        float v = ck_at(x, half, t * C + c) - ck_at(origin, half, c);
        sum[c] += v;
        square[c] += v * v;
      }
      if ((t + 1) % RUN == 0 || t + 1 == count) flush_run(run, partial, C);
    }
  }
}

CK_CLONES static void sums_range(void *context, int64_t begin, int64_t end) {
  const group_job *job = context;
  CK_EITHER(job->x, X, sums(job, begin, end, X));
}

/* Per sample: channel[0] = 1/sigma, channel[1] = mean, both spread over the group's channels. */
static void moments_range(void *context, int64_t begin, int64_t end) {
  const group_job *job = context;
  int64_t C = job->C, width = C / job->groups;
  double moments[2 * C], *sums = moments, *squares = moments + C;
  for (int64_t n = begin; n < end; n++) {
    const void *origin = ck_place(job->x, n * job->T * C);
    int half = job->x.format == CK_BFLOAT16;
    float *inverse = job->channel + n * 4 * C, *mean = inverse + C;
    memset(moments, 0, sizeof moments);
    for (int64_t piece = 0; piece < job->pieces; piece++) {
      const double *partial = job->partial + (n * job->pieces + piece) * 2 * C;
      for (int64_t c = 0; c < 2 * C; c++) moments[c] += partial[c];
    }
    for (int64_t g = 0; g < job->groups; g++) {
      /* Channels have origins of their own: their moments join by the law of total variance. */
      double total = 0, within = 0, T = (double)job->T;
      double means[width];
      for (int64_t k = 0; k < width; k++) {
        int64_t c = g * width + k;
        means[k] = ck_at(origin, half, c) + sums[c] / T;
        total += means[k];
        within += squares[c] / T - sums[c] / T * (sums[c] / T);
      }
      double average = total / (double)width, between = 0;
      for (int64_t k = 0; k < width; k++)
        between += (means[k] - average) * (means[k] - average);
      double variance = (within + between) / (double)width;
      float rstd = (float)(1.0 / sqrt(variance + (double)job->epsilon));
      for (int64_t k = 0; k < width; k++) {
        inverse[g * width + k] = rstd;
        mean[g * width + k] = (float)average;
      }
    }
  }
}

CK_INLINE void apply(const group_job *job, int64_t begin, int64_t end, int x_half, int y_half) {
  int64_t C = job->C;
  const float *weight = job->weight, *bias = job->bias;
  for (int64_t item = begin; item < end; item++) {
    int64_t n = item / job->pieces, first = item % job->pieces * PIECE;
    int64_t count = job->T - first < PIECE ? job->T - first : PIECE;
    const float *inverse = job->channel + n * 4 * C, *mean = inverse + C;
    for (int64_t t = 0; t < count; t++) {
      const void *x = ck_place(job->x, (n * job->T + first + t) * C);
      void *y = ck_place(job->y, (n * job->T + first + t) * C);
      if (job->silu)
        CK_SAME_PLACE for (int64_t c = 0; c < C; c++) {
          float v = (ck_at(x, x_half, c) - mean[c]) * inverse[c] * weight[c] + bias[c];
          ck_put(y, y_half, c, v * ck_logistic(v));
        }
      else
        CK_SAME_PLACE for (int64_t c = 0; c < C; c++)
          ck_put(y, y_half, c,
                 (ck_at(x, x_half, c) - mean[c]) * inverse[c] * weight[c] + bias[c]);
    }
  }
}

CK_CLONES static void apply_range(void *context, int64_t begin, int64_t end) {
  const group_job *job = context;
  CK_EITHER(job->x, X, CK_EITHER(job->y, Y, apply(job, begin, end, X, Y)));
}

/* What forward and gradient begin with: the work's description and every group's moments. */
static group_job measured(ck_array x, const float *weight, const float *bias, ck_array y, int64_t N,
                          int64_t T, int64_t C, int64_t groups, float epsilon, int silu,
                          void *scratch) {
  int64_t pieces = (T + PIECE - 1) / PIECE;
  group_job job = {.x = x, .weight = weight, .bias = bias, .y = y, .N = N, .T = T, .C = C,
                   .groups = groups, .pieces = pieces, .epsilon = epsilon, .silu = silu,
                   .partial = scratch};
  job.channel = (float *)(job.partial + N * pieces * 2 * C);
  ck_parallel(N * pieces, 1, sums_range, &job);
  ck_parallel(N, 4, moments_range, &job);
  return job;
}

void ck_group_norm(ck_array x, const float *weight, const float *bias, ck_array y, int64_t N,
                   int64_t T, int64_t C, int64_t groups, float epsilon, int silu, void *scratch) {
  group_job job = measured(x, weight, bias, y, N, T, C, groups, epsilon, silu, scratch);
  ck_parallel(N * job.pieces, 1, apply_range, &job);
}

/* dy through SiLU, kept where dx will stand; sums of it and of its product with norm(x). */
CK_INLINE void gradient_sums(const group_job *job, int64_t begin, int64_t end, int x_half,
                             int dy_half, int dx_half) {
  int64_t C = job->C;
  const float *weight = job->weight, *bias = job->bias;
  for (int64_t item = begin; item < end; item++) {
    int64_t n = item / job->pieces, first = item % job->pieces * PIECE;
    int64_t count = job->T - first < PIECE ? job->T - first : PIECE;
    const float *inverse = job->channel + n * 4 * C, *mean = inverse + C;
    double *partial = job->partial + item * 2 * C;
    float run[2 * C], *restrict sum = run, *restrict dot = run + C;
    memset(run, 0, sizeof run);
    memset(partial, 0, (size_t)(2 * C) * sizeof(double));
    for (int64_t t = 0; t < count; t++) {
      int64_t row = (n * job->T + first + t) * C;
      const void *x = ck_place(job->x, row), *dy = ck_place(job->dy, row);
      void *restrict g = ck_place(job->y, row);
      CK_SAME_PLACE for (int64_t c = 0; c < C; c++) {
        float normal = (ck_at(x, x_half, c) - mean[c]) * inverse[c], slope = 1.0f;
        if (job->silu) {
          float v = normal * weight[c] + bias[c], s = ck_logistic(v);
          slope = s + v * s * (1.0f - s);
        }
        float d = ck_at(dy, dy_half, c) * slope;
        ck_put(g, dx_half, c, d);
        sum[c] += d;
        dot[c] += d * normal;
      }
      if ((t + 1) % RUN == 0 || t + 1 == count) flush_run(run, partial, C);
    }
  }
}

CK_CLONES static void gradient_sums_range(void *context, int64_t begin, int64_t end) {
  const group_job *job = context;
  CK_EITHER(job->x, X,
            CK_EITHER(job->dy, DY,
                      CK_EITHER(job->y, DX, gradient_sums(job, begin, end, X, DY, DX))));
}

CK_INLINE void gradient_apply(const group_job *job, int64_t begin, int64_t end, int x_half,
                              int dx_half) {
  int64_t C = job->C;
  const float *weight = job->weight;
  for (int64_t item = begin; item < end; item++) {
    int64_t n = item / job->pieces, first = item % job->pieces * PIECE;
    int64_t count = job->T - first < PIECE ? job->T - first : PIECE;
    const float *inverse = job->channel + n * 4 * C, *mean = inverse + C;
    const float *mean_g = mean + C, *mean_dot = mean_g + C;
    for (int64_t t = 0; t < count; t++) {
      int64_t row = (n * job->T + first + t) * C;
      const void *x = ck_place(job->x, row);
      void *dx = ck_place(job->y, row);
      CK_SAME_PLACE for (int64_t c = 0; c < C; c++) {
        float normal = (ck_at(x, x_half, c) - mean[c]) * inverse[c], g = ck_at(dx, dx_half, c);
        ck_put(dx, dx_half, c, inverse[c] * (g * weight[c] - mean_g[c] - normal * mean_dot[c]));
      }
    }
  }
}

CK_CLONES static void gradient_apply_range(void *context, int64_t begin, int64_t end) {
  const group_job *job = context;
  CK_EITHER(job->x, X, CK_EITHER(job->y, DX, gradient_apply(job, begin, end, X, DX)));
}

/* Per sample: the group means of weight * g and weight * g * norm(x); and the weights' gradients. */
static void join_gradient(group_job *job) {
  int64_t C = job->C, width = C / job->groups;
  double sums[C], dots[C], dweight[C], dbias[C];
  memset(dweight, 0, sizeof dweight);
  memset(dbias, 0, sizeof dbias);
  for (int64_t n = 0; n < job->N; n++) {
    memset(sums, 0, sizeof sums);
    memset(dots, 0, sizeof dots);
    for (int64_t piece = 0; piece < job->pieces; piece++) {
      const double *partial = job->partial + (n * job->pieces + piece) * 2 * C;
      for (int64_t c = 0; c < C; c++) {
        sums[c] += partial[c];
        dots[c] += partial[C + c];
      }
    }
    float *mean_g = job->channel + n * 4 * C + 2 * C, *mean_dot = mean_g + C;
    for (int64_t g = 0; g < job->groups; g++) {
      double sum = 0, dot = 0, count = (double)(job->T * width);
      for (int64_t c = g * width; c < (g + 1) * width; c++) {
        sum += sums[c] * job->weight[c];
        dot += dots[c] * job->weight[c];
      }
      for (int64_t c = g * width; c < (g + 1) * width; c++) {
        mean_g[c] = (float)(sum / count);
        mean_dot[c] = (float)(dot / count);
      }
    }
    for (int64_t c = 0; c < C; c++) {
      dweight[c] += dots[c];
      dbias[c] += sums[c];
    }
  }
  for (int64_t c = 0; c < C; c++) {
    job->dweight[c] = (float)dweight[c];
    job->dbias[c] = (float)dbias[c];
  }
}

void ck_group_norm_gradient(ck_array x, const float *weight, const float *bias, ck_array dy,
                            ck_array dx, float *dweight, float *dbias, int64_t N, int64_t T,
                            int64_t C, int64_t groups, float epsilon, int silu, void *scratch) {
  group_job job = measured(x, weight, bias, dx, N, T, C, groups, epsilon, silu, scratch);
  job.dy = dy;
  job.dweight = dweight;
  job.dbias = dbias;
  ck_parallel(N * job.pieces, 1, gradient_sums_range, &job);
  join_gradient(&job);
  ck_parallel(N * job.pieces, 1, gradient_apply_range, &job);
}
