#include <cblas.h>
#include <stddef.h>

/* The few LAPACK routines in use. Debian's OpenBLAS holds them without a header of their own.
 * Column-major; the last arguments are the lengths of the character arguments, as gfortran
 * passes them. */

/* Eigenvalues, and eigenvectors where jobz is "V", of a symmetric matrix. */
void dsyevd_(const char *jobz, const char *uplo, const blasint *n, double *a, const blasint *lda,
             double *w, double *work, const blasint *lwork, blasint *iwork, const blasint *liwork,
             blasint *info, size_t jobz_length, size_t uplo_length);

/* Singular values of an m x n matrix. */
void dgesdd_(const char *jobz, const blasint *m, const blasint *n, double *a, const blasint *lda,
             double *s, double *u, const blasint *ldu, double *vt, const blasint *ldvt,
             double *work, const blasint *lwork, blasint *iwork, blasint *info,
             size_t jobz_length);

/* Cholesky factor with complete pivoting of a symmetric positive semidefinite matrix. */
void dpstrf_(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *piv,
             blasint *rank, const double *tol, double *work, blasint *info, size_t uplo_length);
