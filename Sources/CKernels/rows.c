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
  ck_array x, y;
  int64_t H, W, C, factor;
} pixel_job;

/* One item is one row of pixels of the smaller image. */
static void upsample_range(void *context, int64_t begin, int64_t end) {
  const pixel_job *job = context;
  size_t element = job->x.format == CK_BFLOAT16 ? 2 : 4, pixel = (size_t)job->C * element;
  int64_t W = job->W, factor = job->factor;
  size_t wide = (size_t)(W * factor) * pixel;
  for (int64_t row = begin; row < end; row++) {
    const char *x = (const char *)job->x.data + (size_t)(row * W) * pixel;
    char *first = (char *)job->y.data + (size_t)(row * factor) * wide;
    for (int64_t w = 0; w < W; w++)
      for (int64_t k = 0; k < factor; k++)
        memcpy(first + (size_t)(w * factor + k) * pixel, x + (size_t)w * pixel, pixel);
    for (int64_t k = 1; k < factor; k++) memcpy(first + (size_t)k * wide, first, wide);
  }
}

void ck_upsample(ck_array x, ck_array y, int64_t N, int64_t H, int64_t W, int64_t C,
                 int64_t factor) {
  pixel_job job = {x, y, H, W, C, factor};
  ck_parallel(N * H, 4, upsample_range, &job);
}

CK_INLINE void sum_pool(const pixel_job *job, int64_t begin, int64_t end, int half) {
  int64_t W = job->W, C = job->C, factor = job->factor, wide = W * factor * C;
  float room[half ? C : 1];
  for (int64_t row = begin; row < end; row++)
    for (int64_t w = 0; w < W; w++) {
      float *restrict y = half ? room : (float *)job->y.data + (row * W + w) * C;
      memset(y, 0, (size_t)C * sizeof(float));
      for (int64_t j = 0; j < factor; j++)
        for (int64_t k = 0; k < factor; k++) {
          const void *x = ck_place(job->x, (row * factor + j) * wide + (w * factor + k) * C);
          CK_SAME_PLACE for (int64_t c = 0; c < C; c++) y[c] += ck_at(x, half, c);
        }
      void *result = ck_place(job->y, (row * W + w) * C);
      if (half)
        for (int64_t c = 0; c < C; c++) ck_put(result, 1, c, room[c]);
    }
}

CK_CLONES static void sum_pool_range(void *context, int64_t begin, int64_t end) {
  const pixel_job *job = context;
  CK_EITHER(job->x, X, sum_pool(job, begin, end, X));
}

void ck_sum_pool(ck_array x, ck_array y, int64_t N, int64_t H, int64_t W, int64_t C,
                 int64_t factor) {
  pixel_job job = {x, y, H / factor, W / factor, C, factor};
  ck_parallel(N * job.H, 4, sum_pool_range, &job);
}
