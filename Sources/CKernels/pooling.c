#include "kernels_internal.h"

#include <string.h>

/* Channels that are pooled at once: four vectors of 16, which stay in registers. */
#define BLOCK 64

typedef struct {
  ck_pool pool;
  ck_array x, y;
  const float *dy;
  int64_t outH, outW;
} pool_job;

/* The pixels of an axis that the window at a position covers. */
CK_INLINE void inside(const ck_pool *p, int64_t position, int64_t size, int64_t *begin,
                      int64_t *end) {
  int64_t first = position * p->stride - p->padding;
  *begin = first < 0 ? 0 : first;
  *end = first + p->window > size ? size : first + p->window;
}

/* n is a constant at one of the calls, so that the sums of a whole block stay in registers. */
CK_INLINE void pool_pixel(const ck_pool *p, const void *x, int64_t first, void *y, int64_t r0,
                          int64_t r1, int64_t c0, int64_t c1, int is_max, int half, int n) {
  float best[BLOCK];
  for (int c = 0; c < n; c++)
    best[c] = is_max ? ck_at(x, half, first + (r0 * p->W + c0) * p->C + c) : 0.0f;
  for (int64_t r = r0; r < r1; r++)
    for (int64_t k = c0; k < c1; k++) {
      int64_t pixel = first + (r * p->W + k) * p->C;
      for (int c = 0; c < n; c++) {
        float v = ck_at(x, half, pixel + c);
        /* NaN wins, and no comparison takes its place again. */
        best[c] = is_max ? (v > best[c] || v != v ? v : best[c]) : best[c] + v;
      }
    }
  float count = is_max ? 1.0f : (float)((r1 - r0) * (c1 - c0));
  for (int c = 0; c < n; c++) ck_put(y, half, c, is_max ? best[c] : best[c] / count);
}

/* One item is one row of pixels of the pooled images. */
CK_INLINE void pool_rows(const pool_job *job, int64_t begin, int64_t end, int is_max, int half) {
  const ck_pool *p = &job->pool;
  for (int64_t item = begin; item < end; item++) {
    int64_t r0, r1, c0, c1;
    const void *x = ck_place(job->x, item / job->outH * p->H * p->W * p->C);
    inside(p, item % job->outH, p->H, &r0, &r1);
    for (int64_t w = 0; w < job->outW; w++) {
      int64_t y = (item * job->outW + w) * p->C;
      inside(p, w, p->W, &c0, &c1);
      int64_t c = 0;
      for (; c + BLOCK <= p->C; c += BLOCK)
        pool_pixel(p, x, c, ck_place(job->y, y + c), r0, r1, c0, c1, is_max, half, BLOCK);
      if (c < p->C)
        pool_pixel(p, x, c, ck_place(job->y, y + c), r0, r1, c0, c1, is_max, half,
                   (int)(p->C - c));
    }
  }
}

CK_CLONES static void max_rows(void *context, int64_t begin, int64_t end) {
  const pool_job *job = context;
  CK_EITHER(job->x, X, pool_rows(job, begin, end, 1, X));
}
CK_CLONES static void average_rows(void *context, int64_t begin, int64_t end) {
  const pool_job *job = context;
  CK_EITHER(job->x, X, pool_rows(job, begin, end, 0, X));
}

/* Gradients: one item is one block of channels of one image, whose windows overlap. */

/* dy goes to the first of the largest values of each channel. */
CK_INLINE void max_gradient_pixel(const ck_pool *p, const float *x, const float *dy, float *dx,
                                  int64_t r0, int64_t r1, int64_t c0, int64_t c1, int n) {
  float best[BLOCK];
  int32_t at[BLOCK] = {0};
  memcpy(best, x + (r0 * p->W + c0) * p->C, (size_t)n * sizeof *best);
  int32_t tap = 0;
  for (int64_t r = r0; r < r1; r++)
    for (int64_t k = c0; k < c1; k++, tap++) {
      const float *pixel = x + (r * p->W + k) * p->C;
      for (int c = 0; c < n; c++) {
        float v = pixel[c];
        int wins = best[c] == best[c] && (v > best[c] || v != v);
        best[c] = wins ? v : best[c];
        at[c] = wins ? tap : at[c];
      }
    }
  tap = 0;
  for (int64_t r = r0; r < r1; r++)
    for (int64_t k = c0; k < c1; k++, tap++) {
      float *pixel = dx + (r * p->W + k) * p->C;
      for (int c = 0; c < n; c++) pixel[c] += at[c] == tap ? dy[c] : 0.0f;
    }
}

CK_INLINE void average_gradient_pixel(const ck_pool *p, const float *dy, float *dx, int64_t r0,
                                      int64_t r1, int64_t c0, int64_t c1, int n) {
  float share[BLOCK], count = (float)((r1 - r0) * (c1 - c0));
  for (int c = 0; c < n; c++) share[c] = dy[c] / count;
  for (int64_t r = r0; r < r1; r++)
    for (int64_t k = c0; k < c1; k++) {
      float *pixel = dx + (r * p->W + k) * p->C;
      for (int c = 0; c < n; c++) pixel[c] += share[c];
    }
}

CK_INLINE void pool_gradient(const pool_job *job, int64_t begin, int64_t end, int is_max) {
  const ck_pool *p = &job->pool;
  float *dx = job->y.data;
  int64_t blocks = (p->C + BLOCK - 1) / BLOCK;
  for (int64_t item = begin; item < end; item++) {
    int64_t image = item / blocks, channel = item % blocks * BLOCK;
    int n = (int)(p->C - channel < BLOCK ? p->C - channel : BLOCK);
    int64_t offset = image * p->H * p->W * p->C + channel;
    for (int64_t pixel = 0; pixel < p->H * p->W; pixel++)
      memset(dx + offset + pixel * p->C, 0, (size_t)n * sizeof(float));
    for (int64_t h = 0; h < job->outH; h++)
      for (int64_t w = 0; w < job->outW; w++) {
        int64_t r0, r1, c0, c1;
        inside(p, h, p->H, &r0, &r1);
        inside(p, w, p->W, &c0, &c1);
        const float *dy =
            job->dy + ((image * job->outH + h) * job->outW + w) * p->C + channel;
        if (is_max)
          max_gradient_pixel(p, (const float *)job->x.data + offset, dy, dx + offset, r0, r1, c0,
                             c1, n);
        else
          average_gradient_pixel(p, dy, dx + offset, r0, r1, c0, c1, n);
      }
  }
}

CK_CLONES static void max_gradient(void *job, int64_t begin, int64_t end) {
  pool_gradient(job, begin, end, 1);
}
CK_CLONES static void average_gradient(void *job, int64_t begin, int64_t end) {
  pool_gradient(job, begin, end, 0);
}

static pool_job describe(ck_pool p, ck_array x, const float *dy, ck_array y) {
  int64_t room = 2 * p.padding - p.window;
  return (pool_job){p, x, y, dy, (p.H + room) / p.stride + 1, (p.W + room) / p.stride + 1};
}

void ck_max_pool(ck_pool pool, ck_array x, ck_array y) {
  pool_job job = describe(pool, x, NULL, y);
  ck_parallel(pool.N * job.outH, 4, max_rows, &job);
}

void ck_average_pool(ck_pool pool, ck_array x, ck_array y) {
  pool_job job = describe(pool, x, NULL, y);
  ck_parallel(pool.N * job.outH, 4, average_rows, &job);
}

void ck_max_pool_gradient(ck_pool pool, const float *x, const float *dy, float *dx) {
  pool_job job = describe(pool, (ck_array){(void *)x, CK_FLOAT32}, dy, (ck_array){dx, CK_FLOAT32});
  ck_parallel(pool.N * ((pool.C + BLOCK - 1) / BLOCK), 1, max_gradient, &job);
}

void ck_average_pool_gradient(ck_pool pool, const float *dy, float *dx) {
  pool_job job = describe(pool, (ck_array){NULL, CK_FLOAT32}, dy, (ck_array){dx, CK_FLOAT32});
  ck_parallel(pool.N * ((pool.C + BLOCK - 1) / BLOCK), 1, average_gradient, &job);
}
