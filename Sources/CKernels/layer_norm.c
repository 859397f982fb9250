#include "kernels_internal.h"

#include <math.h>
#include <string.h>

#pragma clang fp contract(fast) reassociate(on)

typedef struct {
  const float *x, *shift, *scale, *gate;
  float *dshift, *dscale;
  ck_array dy, y;
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

CK_INLINE void modulate(const norm_job *job, int64_t begin, int64_t end, int half) {
  int64_t D = job->D;
  for (int64_t row = begin; row < end; row++) {
    const float *x = job->x + row * D;
    const float *shift = job->shift + row / job->T * D, *scale = job->scale + row / job->T * D;
    void *y = ck_place(job->y, row * D);
    moments m = row_moments(x, D, job->epsilon);
    CK_SAME_PLACE for (int64_t d = 0; d < D; d++)
      ck_put(y, half, d, (x[d] - m.mean) * m.inverse * (1.0f + scale[d]) + shift[d]);
  }
}

CK_CLONES static void modulate_range(void *context, int64_t begin, int64_t end) {
  const norm_job *job = context;
  CK_EITHER(job->y, Y, modulate(job, begin, end, Y));
}

void ck_layer_norm_modulate(const float *x, const float *shift, const float *scale, ck_array y,
                            int64_t N, int64_t T, int64_t D, float epsilon) {
  norm_job job = {.x = x, .shift = shift, .scale = scale, .y = y, .T = T, .D = D,
                  .epsilon = epsilon};
  ck_parallel(N * T, 16384 / D, modulate_range, &job);
}

/* One thread takes whole samples, so the sums over tokens have a fixed order. */
CK_INLINE void modulate_gradient(const norm_job *job, int64_t begin, int64_t end, int half) {
  int64_t D = job->D;
  for (int64_t n = begin; n < end; n++) {
    const float *scale = job->scale + n * D;
    float *dshift = job->dshift + n * D, *dscale = job->dscale + n * D;
    memset(dshift, 0, (size_t)D * sizeof(float));
    memset(dscale, 0, (size_t)D * sizeof(float));
    for (int64_t t = 0; t < job->T; t++) {
      const float *x = job->x + (n * job->T + t) * D;
      const void *dy = ck_place(job->dy, (n * job->T + t) * D);
      float *dx = (float *)job->y.data + (n * job->T + t) * D;
      moments m = row_moments(x, D, job->epsilon);
      float sum = 0, dot = 0;
      CK_SAME_PLACE for (int64_t d = 0; d < D; d++) {
        float normal = (x[d] - m.mean) * m.inverse, g = ck_at(dy, half, d) * (1.0f + scale[d]);
        sum += g;
        dot += g * normal;
        dshift[d] += ck_at(dy, half, d);
        dscale[d] += ck_at(dy, half, d) * normal;
      }
      sum /= (float)D;
      dot /= (float)D;
      CK_SAME_PLACE for (int64_t d = 0; d < D; d++) {
        float normal = (x[d] - m.mean) * m.inverse, g = ck_at(dy, half, d) * (1.0f + scale[d]);
        dx[d] = m.inverse * (g - sum - normal * dot);
      }
    }
  }
}

CK_CLONES static void modulate_gradient_range(void *context, int64_t begin, int64_t end) {
  const norm_job *job = context;
  CK_EITHER(job->dy, DY, modulate_gradient(job, begin, end, DY));
}

void ck_layer_norm_modulate_gradient(const float *x, const float *scale, ck_array dy,
                                     float *dx, float *dshift, float *dscale, int64_t N,
                                     int64_t T, int64_t D, float epsilon) {
  norm_job job = {.x = x, .scale = scale, .dy = dy, .y = {dx, CK_FLOAT32}, .dshift = dshift,
                  .dscale = dscale, .T = T, .D = D, .epsilon = epsilon};
  ck_parallel(N, 1, modulate_gradient_range, &job);
}

CK_INLINE void residual(const norm_job *job, int64_t begin, int64_t end, int half) {
  int64_t D = job->D;
  for (int64_t row = begin; row < end; row++) {
    const float *x = job->x + row * D, *gate = job->gate + row / job->T * D;
    const void *branch = ck_place(job->dy, row * D);
    float *y = (float *)job->y.data + row * D;
    CK_SAME_PLACE for (int64_t d = 0; d < D; d++) y[d] = x[d] + gate[d] * ck_at(branch, half, d);
  }
}

CK_CLONES static void residual_range(void *context, int64_t begin, int64_t end) {
  const norm_job *job = context;
  CK_EITHER(job->dy, BRANCH, residual(job, begin, end, BRANCH));
}

void ck_gated_residual(const float *x, const float *gate, ck_array y, float *out, int64_t N,
                       int64_t T, int64_t D) {
  norm_job job = {.x = x, .gate = gate, .dy = y, .y = {out, CK_FLOAT32}, .T = T, .D = D};
  ck_parallel(N * T, 16384 / D, residual_range, &job);
}

CK_INLINE void residual_gradient(const norm_job *job, int64_t begin, int64_t end, int branch_half,
                                 int result_half) {
  int64_t D = job->D;
  for (int64_t n = begin; n < end; n++) {
    const float *gate = job->gate + n * D;
    float *dgate = job->dscale + n * D;
    memset(dgate, 0, (size_t)D * sizeof(float));
    for (int64_t t = 0; t < job->T; t++) {
      int64_t row = (n * job->T + t) * D;
      const void *branch = ck_place(job->dy, row);
      const float *dout = job->x + row;
      void *dbranch = ck_place(job->y, row);
      CK_SAME_PLACE for (int64_t d = 0; d < D; d++) {
        dgate[d] += dout[d] * ck_at(branch, branch_half, d);
        ck_put(dbranch, result_half, d, dout[d] * gate[d]);
      }
    }
  }
}

CK_CLONES static void residual_gradient_range(void *context, int64_t begin, int64_t end) {
  const norm_job *job = context;
  CK_EITHER(job->dy, BRANCH,
            CK_EITHER(job->y, Y, residual_gradient(job, begin, end, BRANCH, Y)));
}

void ck_gated_residual_gradient(const float *gate, ck_array y, const float *dout, float *dgate,
                                ck_array dy, int64_t N, int64_t T, int64_t D) {
  norm_job job = {.x = dout, .gate = gate, .dy = y, .y = dy, .dscale = dgate, .T = T, .D = D};
  ck_parallel(N, 1, residual_gradient_range, &job);
}
