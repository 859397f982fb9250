/* The few routines of OpenBLAS in use, from a library that is loaded when the first is needed.
 *
 * OpenBLAS chooses its kernels and starts its threads in its constructor, by environment
 * variables. A program that is linked with it comes too late to set them in main, and would have
 * to start itself again. Loading it late leaves time to ask for
 *
 * - OPENBLAS_CORETYPE=SkylakeX on processors with AVX-512: releases older than a processor take it
 *   for a Haswell, which halves the speed (0.3.21 on Zen 5). The double-precision kernels of
 *   OpenBLAS's later AVX-512 cores are SkylakeX's; those differ in bfloat16. A library without
 *   such kernels chooses by itself;
 * - OPENBLAS_NUM_THREADS=1: no pool beside libgomp's. The callers share the work out.
 *
 * What the user has set himself stays. Commands that need no BLAS start without its megabytes.
 */
#ifndef COPENBLAS_H
#define COPENBLAS_H

#include <stdbool.h>

/* Loads the library; once, from any thread, but not while another changes or reads the
 * environment. NULL, or why it cannot be loaded; the text stays. Comes before all that follow. */
const char *copenblas_load(void);

/* The name of the kernels in use, as OpenBLAS calls them. */
const char *copenblas_core(void);

/* Whether the processor and the system have all of AVX-512 that SkylakeX's kernels use. */
bool copenblas_has_avx512(void);

/* What to set OPENBLAS_CORETYPE to; NULL to leave it. `chosen` is the user's value or NULL. */
const char *copenblas_core_to_ask_for(bool has_avx512, const char *chosen);

/* c (m, n) = alpha op(a) op(b) + beta c, row-major, op(a) (m, k): a or its transpose. */
void copenblas_dgemm(bool transposes_a, bool transposes_b, int m, int n, int k, double alpha,
                     const double *a, int a_stride, const double *b, int b_stride, double beta,
                     double *c, int c_stride);

/* LAPACK's, column-major, without eigenvectors, singular vectors or with: see its manual.
 * Eigenvalues, and eigenvectors where `wants_vectors`, of a symmetric matrix in its lower part. */
int copenblas_dsyevd(bool wants_vectors, int n, double *a, double *values, double *work,
                     int work_size, int *integers, int integers_size);

/* Singular values of an m x n matrix. */
int copenblas_dgesdd(int m, int n, double *a, double *values, double *work, int work_size,
                     int *integers);

/* Cholesky factor with complete pivoting, in the lower part, of a positive semidefinite matrix. */
int copenblas_dpstrf(int n, double *a, int *pivots, int *rank, double tolerance, double *work);

#endif
