#include "kernels_internal.h"

#include <string.h>

int64_t ck_gather(const float *table, int64_t rows, int64_t D, const int32_t *ids, int64_t n,
                  float *y) {
  for (int64_t i = 0; i < n; i++) {
    if (ids[i] < 0 || ids[i] >= rows) return i;
    memcpy(y + i * D, table + ids[i] * D, (size_t)D * sizeof(float));
  }
  return -1;
}

int64_t ck_scatter_add(const int32_t *ids, const float *x, int64_t n, float *y, int64_t rows,
                       int64_t D) {
  memset(y, 0, (size_t)(rows * D) * sizeof(float));
  for (int64_t i = 0; i < n; i++) {
    if (ids[i] < 0 || ids[i] >= rows) return i;
    float *row = y + ids[i] * D;
    CK_SAME_PLACE for (int64_t d = 0; d < D; d++) row[d] += x[i * D + d];
  }
  return -1;
}

typedef struct {
  const float *x;
  float *y;
  int64_t H, W, C, factor;
} pixel_job;

/* One item is one row of pixels of the smaller image. */
static void upsample_range(void *context, int64_t begin, int64_t end) {
  const pixel_job *job = context;
  int64_t W = job->W, C = job->C, factor = job->factor, wide = W * factor * C;
  for (int64_t row = begin; row < end; row++) {
    float *first = job->y + row * factor * wide;
    for (int64_t w = 0; w < W; w++)
      for (int64_t k = 0; k < factor; k++)
        memcpy(first + (w * factor + k) * C, job->x + (row * W + w) * C,
               (size_t)C * sizeof(float));
    for (int64_t k = 1; k < factor; k++)
      memcpy(first + k * wide, first, (size_t)wide * sizeof(float));
  }
}

void ck_upsample(const float *x, float *y, int64_t N, int64_t H, int64_t W, int64_t C,
                 int64_t factor) {
  pixel_job job = {x, y, H, W, C, factor};
  ck_parallel(N * H, 4, upsample_range, &job);
}

CK_CLONES static void sum_pool_range(void *context, int64_t begin, int64_t end) {
  const pixel_job *job = context;
  int64_t W = job->W, C = job->C, factor = job->factor, wide = W * factor * C;
  for (int64_t row = begin; row < end; row++)
    for (int64_t w = 0; w < W; w++) {
      float *restrict y = job->y + (row * W + w) * C;
      memset(y, 0, (size_t)C * sizeof(float));
      for (int64_t j = 0; j < factor; j++)
        for (int64_t k = 0; k < factor; k++) {
          const float *x = job->x + (row * factor + j) * wide + (w * factor + k) * C;
          CK_SAME_PLACE for (int64_t c = 0; c < C; c++) y[c] += x[c];
        }
    }
}

void ck_sum_pool(const float *x, float *y, int64_t N, int64_t H, int64_t W, int64_t C,
                 int64_t factor) {
  pixel_job job = {x, y, H / factor, W / factor, C, factor};
  ck_parallel(N * job.H, 4, sum_pool_range, &job);
}
