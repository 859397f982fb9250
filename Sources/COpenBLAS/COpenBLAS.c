#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CBLAS's names of orders and transpositions, of which the numbers are part of its interface. */
enum { row_major = 101, no_transpose = 111, transpose = 112 };

static struct {
  void (*dgemm)(int, int, int, int, int, int, double, const double *, int, const double *, int,
                double, double *, int);
  /* LAPACK's last arguments are the lengths of the character arguments, as gfortran passes them. */
  void (*dsyevd)(const char *, const char *, const int *, double *, const int *, double *,
                 double *, const int *, int *, const int *, int *, size_t, size_t);
  void (*dgesdd)(const char *, const int *, const int *, double *, const int *, double *, double *,
                 const int *, double *, const int *, double *, const int *, int *, int *, size_t);
  void (*dpstrf)(const char *, const int *, double *, const int *, int *, int *, const double *,
                 double *, int *, size_t);
  void (*set_num_threads)(int);
  char *(*get_corename)(void);
} library;

static char failure[512];

bool copenblas_has_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

const char *copenblas_core_to_ask_for(bool has_avx512, const char *chosen) {
  return has_avx512 && !chosen ? "SkylakeX" : NULL;
}

/* Sets a variable where the user has not; whether it did. */
static bool set_if_free(const char *name, const char *value) {
  return value && !getenv(name) && setenv(name, value, 0) == 0;
}

static void *open_library(void) {
  static const char *const names[] = {"libopenblas.so.0", "libopenblas.so"};
  void *handle = NULL;
  for (int i = 0; i < 2 && !handle; i++) {
    handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    const char *reason = handle ? NULL : dlerror();
    /* The first name's reason is the one to tell. */
    if (i == 0 && reason) snprintf(failure, sizeof failure, "%s", reason);
  }
  if (handle) failure[0] = 0;
  return handle;
}

static void find(void *handle, void **function, const char *name) {
  *function = dlsym(handle, name);
  if (!*function) snprintf(failure, sizeof failure, "libopenblas.so.0 lacks %s", name);
}

static void load(void) {
  const char *core = "OPENBLAS_CORETYPE", *threads = "OPENBLAS_NUM_THREADS";
  bool core_set =
      set_if_free(core, copenblas_core_to_ask_for(copenblas_has_avx512(), getenv(core)));
  bool threads_set = set_if_free(threads, "1");
  void *handle = open_library();
  /* For the library alone: programs started by this one shall find what the user left. */
  if (core_set) unsetenv(core);
  if (threads_set) unsetenv(threads);
  if (!handle) return;
  find(handle, (void **)&library.dgemm, "cblas_dgemm");
  find(handle, (void **)&library.dsyevd, "dsyevd_");
  find(handle, (void **)&library.dgesdd, "dgesdd_");
  find(handle, (void **)&library.dpstrf, "dpstrf_");
  find(handle, (void **)&library.set_num_threads, "openblas_set_num_threads");
  find(handle, (void **)&library.get_corename, "openblas_get_corename");
  if (!failure[0]) library.set_num_threads(1);
}

const char *copenblas_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return failure[0] ? failure : NULL;
}

const char *copenblas_core(void) { return library.get_corename(); }

void copenblas_dgemm(bool transposes_a, bool transposes_b, int m, int n, int k, double alpha,
                     const double *a, int a_stride, const double *b, int b_stride, double beta,
                     double *c, int c_stride) {
  library.dgemm(row_major, transposes_a ? transpose : no_transpose,
                transposes_b ? transpose : no_transpose, m, n, k, alpha, a, a_stride, b, b_stride,
                beta, c, c_stride);
}

int copenblas_dsyevd(bool wants_vectors, int n, double *a, double *values, double *work,
                     int work_size, int *integers, int integers_size) {
  int info = 0;
  library.dsyevd(wants_vectors ? "V" : "N", "L", &n, a, &n, values, work, &work_size, integers,
                 &integers_size, &info, 1, 1);
  return info;
}

int copenblas_dgesdd(int m, int n, double *a, double *values, double *work, int work_size,
                     int *integers) {
  int info = 0, one = 1;
  library.dgesdd("N", &m, &n, a, &m, values, NULL, &one, NULL, &one, work, &work_size, integers,
                 &info, 1);
  return info;
}

int copenblas_dpstrf(int n, double *a, int *pivots, int *rank, double tolerance, double *work) {
  int info = 0;
  library.dpstrf("L", &n, a, &n, pivots, rank, &tolerance, work, &info, 1);
  return info;
}
