#include "kernels_internal.h"

#include <string.h>

typedef struct {
  const float *weight;
  float *taps;
  int down, right;
} fold_job;

static void fold_range(void *context, int64_t begin, int64_t end) {
  const fold_job *job = context;
  for (int64_t k = begin; k < end; k++) {
    const float *w = job->weight + 9 * k;
    float *taps = job->taps + 4 * k;
    float rows[2][3];
    /* The upper phase sees one row above and its own twice, the lower one its own twice. */
    for (int c = 0; c < 3; c++) {
      rows[0][c] = job->down ? w[c] + w[3 + c] : w[c];
      rows[1][c] = job->down ? w[6 + c] : w[3 + c] + w[6 + c];
    }
    for (int r = 0; r < 2; r++) {
      taps[2 * r] = job->right ? rows[r][0] + rows[r][1] : rows[r][0];
      taps[2 * r + 1] = job->right ? rows[r][2] : rows[r][1] + rows[r][2];
    }
  }
}

void ck_fold_taps(const float *weight, float *taps, int64_t n, int down, int right) {
  fold_job job = {weight, taps, down, right};
  ck_parallel(n, 4096, fold_range, &job);
}

typedef struct {
  ck_array x, y;
  int64_t rows, W, C;
} interleave_job;

/* One item is one row of pixels of the planes: two rows of the image. */
static void interleave_range(void *context, int64_t begin, int64_t end) {
  const interleave_job *job = context;
  size_t pixel = (size_t)job->C * (job->x.format == CK_BFLOAT16 ? 2 : 4);
  size_t row_bytes = (size_t)job->W * pixel, plane = (size_t)job->rows * row_bytes;
  for (int64_t row = begin; row < end; row++)
    for (int down = 0; down < 2; down++) {
      const char *left = (const char *)job->x.data + 2 * (size_t)down * plane +
                         (size_t)row * row_bytes;
      const char *right = left + plane;
      char *y = (char *)job->y.data + (2 * (size_t)row + (size_t)down) * 2 * row_bytes;
      for (int64_t w = 0; w < job->W; w++) {
        memcpy(y + 2 * (size_t)w * pixel, left + (size_t)w * pixel, pixel);
        memcpy(y + (2 * (size_t)w + 1) * pixel, right + (size_t)w * pixel, pixel);
      }
    }
}

void ck_interleave(ck_array planes, ck_array y, int64_t N, int64_t H, int64_t W, int64_t C) {
  interleave_job job = {planes, y, N * H, W, C};
  ck_parallel(N * H, 4, interleave_range, &job);
}
