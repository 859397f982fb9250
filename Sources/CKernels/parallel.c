#include "kernels_internal.h"

/* libgomp's stable entries: the pool that oneDNN runs in, without a compiler flag. */
extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int count);

void ck_set_threads(int count) {
  if (count > 0) omp_set_num_threads(count);
}

int ck_threads(void) { return omp_get_max_threads(); }

typedef struct {
  int64_t count;
  ck_range body;
  void *context;
} job;

static void run_share(void *data) {
  const job *work = data;
  int64_t threads = omp_get_num_threads(), thread = omp_get_thread_num();
  int64_t begin = work->count * thread / threads, end = work->count * (thread + 1) / threads;
  if (begin < end) work->body(work->context, begin, end);
}

void ck_parallel(int64_t count, int64_t grain, ck_range body, void *context) {
  if (count <= 0) return;
  if (count <= grain || omp_get_max_threads() == 1) {
    body(context, 0, count);
    return;
  }
  job work = {count, body, context};
  GOMP_parallel(run_share, &work, 0, 0);
}
