#include "kernels_internal.h"

#pragma clang fp contract(fast) reassociate(on)

typedef struct {
  const float *p;
  float *x;
  int64_t n;
  float scale;
} softmax_job;

CK_CLONES static void softmax_range(void *context, int64_t begin, int64_t end) {
  const softmax_job *job = context;
  int64_t n = job->n;
  float scale = job->scale;
  for (int64_t row = begin; row < end; row++) {
    float *x = job->x + row * n;
    float largest = x[0];
    for (int64_t i = 1; i < n; i++) largest = x[i] > largest ? x[i] : largest;
    float sum = 0;
    for (int64_t i = 0; i < n; i++) {
      x[i] = ck_exp(scale * (x[i] - largest));
      sum += x[i];
    }
    float factor = 1.0f / sum;
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
  }
}

void ck_softmax(float *x, int64_t rows, int64_t n, float scale) {
  softmax_job job = {NULL, x, n, scale};
  ck_parallel(rows, n > 0 ? 4096 / n : 1, softmax_range, &job);
}

CK_CLONES static void softmax_gradient_range(void *context, int64_t begin, int64_t end) {
  const softmax_job *job = context;
  int64_t n = job->n;
  for (int64_t row = begin; row < end; row++) {
    const float *p = job->p + row * n;
    float *dp = job->x + row * n;
    float dot = 0;
    for (int64_t i = 0; i < n; i++) dot += p[i] * dp[i];
    CK_SAME_PLACE for (int64_t i = 0; i < n; i++) dp[i] = job->scale * p[i] * (dp[i] - dot);
  }
}

void ck_softmax_gradient(const float *p, float *dp, int64_t rows, int64_t n, float scale) {
  softmax_job job = {p, dp, n, scale};
  ck_parallel(rows, n > 0 ? 8192 / n : 1, softmax_gradient_range, &job);
}
