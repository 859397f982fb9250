#include "kernels_internal.h"

#include <math.h>

/* Steps of PyTorch's AdamW in its order, so that the same gradients give the same weights. */

typedef struct {
  ck_adamw_settings s;
  const float *p, *g, *m, *v, *average, *rates;
  float *p_out, *m_out, *v_out, *average_out;
} adamw_job;

CK_CLONES static void adamw_range(void *context, int64_t begin, int64_t end) {
  const adamw_job *job = context;
  float gain1 = job->s.gain1, beta2 = job->s.beta2, gain2 = job->s.gain2;
  float epsilon = job->s.epsilon;
  float rate = job->rates[0], decay = job->rates[3], factor = job->rates[4];
  float step = rate / job->rates[1], root = 1.0f / sqrtf(job->rates[2]);
  float keep = 1.0f - rate * job->s.weight_decay;
  CK_SAME_PLACE for (int64_t i = begin; i < end; i++) {
    float g = job->g[i] * factor;
    float m = job->m[i] + gain1 * (g - job->m[i]);
    float v = beta2 * job->v[i] + gain2 * g * g;
    float p = job->p[i] * keep - step * m / (sqrtf(v) * root + epsilon);
    job->m_out[i] = m;
    job->v_out[i] = v;
    job->p_out[i] = p;
    job->average_out[i] = decay * job->average[i] + (1.0f - decay) * p;
  }
}

void ck_adamw(ck_adamw_settings settings, const float *p, const float *g, const float *m,
              const float *v, const float *average, const float *rates, float *p_out, float *m_out,
              float *v_out, float *average_out, size_t n) {
  adamw_job job = {settings, p, g, m, v, average, rates, p_out, m_out, v_out, average_out};
  ck_parallel((int64_t)n, 8192, adamw_range, &job);
}
