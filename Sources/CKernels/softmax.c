#include "kernels_internal.h"

#pragma clang fp contract(fast) reassociate(on)

typedef struct {
  const float *p;
  float *x;
  int64_t n;
  float scale;
  int half;
} softmax_job;

/* A row of bfloat16 takes the first half of the float row that it replaces: piece by piece, as
 * what is written then lies where everything was read before. */
CK_INLINE void keep_row(const float *row, float *place, int64_t n, float factor) {
  uint16_t *halves = (uint16_t *)place;
  for (int64_t start = 0; start < n; start += CK_PIECE) {
    uint16_t room[CK_PIECE];
    int64_t count = n - start < CK_PIECE ? n - start : CK_PIECE;
    for (int64_t i = 0; i < count; i++) room[i] = ck_narrow(row[start + i] * factor);
    __builtin_memcpy(halves + start, room, (size_t)count * sizeof *room);
  }
}

/* Lane by lane: a single running maximum would be one comparison after the other, as the compiler
 * may not reorder them for the sake of NaN. A row that holds NaN becomes NaN by its sum. */
CK_INLINE float row_maximum(const float *x, int64_t n) {
  float lanes[32];
  for (int lane = 0; lane < 32; lane++) lanes[lane] = x[0];
  int64_t i = 0;
  for (; i + 32 <= n; i += 32)
    for (int lane = 0; lane < 32; lane++)
      lanes[lane] = x[i + lane] > lanes[lane] ? x[i + lane] : lanes[lane];
  for (; i < n; i++) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];
  for (int lane = 1; lane < 32; lane++) lanes[0] = lanes[lane] > lanes[0] ? lanes[lane] : lanes[0];
  return lanes[0];
}

CK_INLINE void softmax(const softmax_job *job, int64_t begin, int64_t end, int half) {
  int64_t n = job->n;
  float scale = job->scale;
  for (int64_t row = begin; row < end; row++) {
    float *x = job->x + row * n;
    float largest = row_maximum(x, n);
    float sum = 0;
    for (int64_t i = 0; i < n; i++) {
      x[i] = ck_exp(scale * (x[i] - largest));
      sum += x[i];
    }
    float factor = 1.0f / sum;
    if (half)
      keep_row(x, x, n, factor);
    else
      for (int64_t i = 0; i < n; i++) x[i] *= factor;
  }
}

CK_CLONES static void softmax_range(void *context, int64_t begin, int64_t end) {
  const softmax_job *job = context;
  if (job->half)
    softmax(job, begin, end, 1);
  else
    softmax(job, begin, end, 0);
}

void ck_softmax(float *x, int64_t rows, int64_t n, float scale, ck_format result) {
  softmax_job job = {NULL, x, n, scale, result == CK_BFLOAT16};
  ck_parallel(rows, n > 0 ? 4096 / n : 1, softmax_range, &job);
}

CK_INLINE void softmax_gradient(const softmax_job *job, int64_t begin, int64_t end, int half) {
  int64_t n = job->n;
  for (int64_t row = begin; row < end; row++) {
    const void *p = job->p + row * n;
    float *dp = job->x + row * n;
    float dot = 0;
    for (int64_t i = 0; i < n; i++) dot += ck_at(p, half, i) * dp[i];
    CK_SAME_PLACE for (int64_t i = 0; i < n; i++)
      dp[i] = job->scale * ck_at(p, half, i) * (dp[i] - dot);
    if (half) keep_row(dp, dp, n, 1.0f);
  }
}

CK_CLONES static void softmax_gradient_range(void *context, int64_t begin, int64_t end) {
  const softmax_job *job = context;
  if (job->half)
    softmax_gradient(job, begin, end, 1);
  else
    softmax_gradient(job, begin, end, 0);
}

void ck_softmax_gradient(const float *p, float *dp, int64_t rows, int64_t n, float scale,
                         ck_format format) {
  softmax_job job = {p, dp, n, scale, format == CK_BFLOAT16};
  ck_parallel(rows, n > 0 ? 8192 / n : 1, softmax_gradient_range, &job);
}
