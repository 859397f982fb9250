#include "kernels_internal.h"

#include <math.h>
#include <string.h>

#pragma clang fp contract(fast) reassociate(on)

typedef struct {
  const float *x, *shift, *scale, *dy, *gate;
  float *y, *dshift, *dscale;
  int64_t T, D;
  float epsilon;
} norm_job;

typedef struct {
  float mean, inverse;
} moments;

/* Two passes over a row that stays in the first-level cache: no cancellation. */
CK_INLINE moments row_moments(const float *x, int64_t D, float epsilon) {
  float sum = 0;
  for (int64_t d = 0; d < D; d++) sum += x[d];
  float mean = sum / (float)D, square = 0;
  for (int64_t d = 0; d < D; d++) square += (x[d] - mean) * (x[d] - mean);
  moments result = {mean, 1.0f / sqrtf(square / (float)D + epsilon)};
  return result;
}

CK_CLONES static void modulate_range(void *context, int64_t begin, int64_t end) {
  const norm_job *job = context;
  int64_t D = job->D;
  for (int64_t row = begin; row < end; row++) {
    const float *x = job->x + row * D;
    const float *shift = job->shift + row / job->T * D, *scale = job->scale + row / job->T * D;
    float *y = job->y + row * D;
    moments m = row_moments(x, D, job->epsilon);
    CK_SAME_PLACE for (int64_t d = 0; d < D; d++)
      y[d] = (x[d] - m.mean) * m.inverse * (1.0f + scale[d]) + shift[d];
  }
}

void ck_layer_norm_modulate(const float *x, const float *shift, const float *scale, float *y,
                            int64_t N, int64_t T, int64_t D, float epsilon) {
  norm_job job = {.x = x, .shift = shift, .scale = scale, .y = y, .T = T, .D = D,
                  .epsilon = epsilon};
  ck_parallel(N * T, 16384 / D, modulate_range, &job);
}

/* One thread takes whole samples, so the sums over tokens have a fixed order. */
CK_CLONES static void modulate_gradient_range(void *context, int64_t begin, int64_t end) {
  const norm_job *job = context;
  int64_t D = job->D;
  for (int64_t n = begin; n < end; n++) {
    const float *scale = job->scale + n * D;
    float *dshift = job->dshift + n * D, *dscale = job->dscale + n * D;
    memset(dshift, 0, (size_t)D * sizeof(float));
    memset(dscale, 0, (size_t)D * sizeof(float));
    for (int64_t t = 0; t < job->T; t++) {
      const float *x = job->x + (n * job->T + t) * D, *dy = job->dy + (n * job->T + t) * D;
      float *dx = job->y + (n * job->T + t) * D;
      moments m = row_moments(x, D, job->epsilon);
      float sum = 0, dot = 0;
      CK_SAME_PLACE for (int64_t d = 0; d < D; d++) {
        float normal = (x[d] - m.mean) * m.inverse, g = dy[d] * (1.0f + scale[d]);
        sum += g;
        dot += g * normal;
        dshift[d] += dy[d];
        dscale[d] += dy[d] * normal;
      }
      sum /= (float)D;
      dot /= (float)D;
      CK_SAME_PLACE for (int64_t d = 0; d < D; d++) {
        float normal = (x[d] - m.mean) * m.inverse, g = dy[d] * (1.0f + scale[d]);
        dx[d] = m.inverse * (g - sum - normal * dot);
      }
    }
  }
}

void ck_layer_norm_modulate_gradient(const float *x, const float *scale, const float *dy,
                                     float *dx, float *dshift, float *dscale, int64_t N,
                                     int64_t T, int64_t D, float epsilon) {
  norm_job job = {.x = x, .scale = scale, .dy = dy, .y = dx, .dshift = dshift, .dscale = dscale,
                  .T = T, .D = D, .epsilon = epsilon};
  ck_parallel(N, 1, modulate_gradient_range, &job);
}

CK_CLONES static void residual_range(void *context, int64_t begin, int64_t end) {
  const norm_job *job = context;
  int64_t D = job->D;
  for (int64_t row = begin; row < end; row++) {
    const float *x = job->x + row * D, *branch = job->dy + row * D;
    const float *gate = job->gate + row / job->T * D;
    float *y = job->y + row * D;
    CK_SAME_PLACE for (int64_t d = 0; d < D; d++) y[d] = x[d] + gate[d] * branch[d];
  }
}

void ck_gated_residual(const float *x, const float *gate, const float *y, float *out, int64_t N,
                       int64_t T, int64_t D) {
  norm_job job = {.x = x, .gate = gate, .dy = y, .y = out, .T = T, .D = D};
  ck_parallel(N * T, 16384 / D, residual_range, &job);
}

CK_CLONES static void residual_gradient_range(void *context, int64_t begin, int64_t end) {
  const norm_job *job = context;
  int64_t D = job->D;
  for (int64_t n = begin; n < end; n++) {
    const float *gate = job->gate + n * D;
    float *dgate = job->dscale + n * D;
    memset(dgate, 0, (size_t)D * sizeof(float));
    for (int64_t t = 0; t < job->T; t++) {
      const float *branch = job->x + (n * job->T + t) * D;
      const float *dout = job->dy + (n * job->T + t) * D;
      float *dbranch = job->y + (n * job->T + t) * D;
      CK_SAME_PLACE for (int64_t d = 0; d < D; d++) {
        dgate[d] += dout[d] * branch[d];
        dbranch[d] = dout[d] * gate[d];
      }
    }
  }
}

void ck_gated_residual_gradient(const float *gate, const float *y, const float *dout, float *dgate,
                                float *dy, int64_t N, int64_t T, int64_t D) {
  norm_job job = {.x = y, .gate = gate, .dy = dout, .y = dy, .dscale = dgate, .T = T, .D = D};
  ck_parallel(N, 1, residual_gradient_range, &job);
}
