#include "kernels_internal.h"

#pragma clang fp contract(fast)

/* Terms per partial sum: partial sums are the same for any number of threads. */
#define CHUNK 1024

typedef struct {
  ck_array x;
  float *y;
  double *partial;
  int64_t outer, reduced, inner, chunks;
} reduce_job;

size_t ck_reduce_scratch(int64_t outer, int64_t reduced, int64_t inner) {
  int64_t chunks = (reduced + CHUNK - 1) / CHUNK;
  return (size_t)(outer * chunks * inner) * sizeof(double);
}

CK_INLINE void partial_sums(const reduce_job *job, int64_t begin, int64_t end, int half) {
  int64_t inner = job->inner;
  for (int64_t item = begin; item < end; item++) {
    int64_t o = item / job->chunks, chunk = item % job->chunks;
    int64_t first = chunk * CHUNK;
    int64_t count = job->reduced - first < CHUNK ? job->reduced - first : CHUNK;
    const void *x = ck_place(job->x, (o * job->reduced + first) * inner);
    double *partial = job->partial + item * inner;
    if (inner == 1) {
      float lanes[32] = {0};
      int64_t i = 0;
      for (; i + 32 <= count; i += 32)
        for (int lane = 0; lane < 32; lane++) lanes[lane] += ck_at(x, half, i + lane);
      double sum = 0;
      for (; i < count; i++) sum += ck_at(x, half, i);
      for (int lane = 0; lane < 32; lane++) sum += lanes[lane];
      partial[0] = sum;
      continue;
    }
    for (int64_t start = 0; start < inner; start += 64) {
      int64_t width = inner - start < 64 ? inner - start : 64;
      double total[64] = {0};
      /* Short runs in float, so that few roundings add up, then on in double. */
      for (int64_t row = 0; row < count; row += 32) {
        float sums[64] = {0};
        int64_t stop = row + 32 < count ? row + 32 : count;
        if (width == 64)
          for (int64_t r = row; r < stop; r++)
            for (int lane = 0; lane < 64; lane++)
              sums[lane] += ck_at(x, half, r * inner + start + lane);
        else
          for (int64_t r = row; r < stop; r++)
            for (int64_t lane = 0; lane < width; lane++)
              sums[lane] += ck_at(x, half, r * inner + start + lane);
        for (int lane = 0; lane < 64; lane++) total[lane] += sums[lane];
      }
      for (int64_t lane = 0; lane < width; lane++) partial[start + lane] = total[lane];
    }
  }
}

CK_CLONES static void partial_range(void *context, int64_t begin, int64_t end) {
  const reduce_job *job = context;
  CK_EITHER(job->x, X, partial_sums(job, begin, end, X));
}

void ck_reduce_sum(ck_array x, float *y, int64_t outer, int64_t reduced, int64_t inner,
                   void *scratch) {
  int64_t chunks = (reduced + CHUNK - 1) / CHUNK;
  reduce_job job = {x, y, scratch, outer, reduced, inner, chunks};
  int64_t cost = (reduced < CHUNK ? reduced : CHUNK) * inner;
  ck_parallel(outer * chunks, cost > 0 ? 16384 / cost : 16384, partial_range, &job);
  const double *partial = scratch;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      double sum = 0;
      for (int64_t chunk = 0; chunk < chunks; chunk++)
        sum += partial[(o * chunks + chunk) * inner + i];
      y[o * inner + i] = (float)sum;
    }
}
