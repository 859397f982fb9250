/* Kernels that no library fuses: element by element, normalisation, softmax,
 * movement and the optimiser's step. Row-major, contiguous unless strides are
 * given. `float` arrays are float32; a ck_array may also hold bfloat16, which is
 * read and written only: all arithmetic and all sums are float32 or wider. Every kernel spreads its work over the OpenMP pool that
 * oneDNN uses, and gives the same numbers for any number of threads.
 *
 * Dimension legend: N batch, T tokens or positions, C channels, D width, n elements.
 */
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CK_NEGATE,
  CK_EXPONENTIAL,
  CK_LOGARITHM,
  CK_SQUARE_ROOT,
  CK_SINE,
  CK_COSINE,
  CK_TANH,
  CK_LOGISTIC,
  CK_RELU,
  CK_GELU,
  CK_SILU,
  CK_GELU_DERIVATIVE,
  CK_SILU_DERIVATIVE
} ck_unary_function;

typedef enum {
  CK_ADD,
  CK_SUBTRACT,
  CK_MULTIPLY,
  CK_DIVIDE,
  CK_MAXIMUM,
  CK_MINIMUM,
  CK_GREATER_OR_EQUAL
} ck_binary_function;

#define CK_MAX_RANK 8

typedef enum { CK_FLOAT32, CK_BFLOAT16 } ck_format;

/* Elements in memory of either format. */
typedef struct {
  void *data;
  ck_format format;
} ck_array;

/* Threads that kernels and oneDNN use; 0 leaves the pool's own choice. */
void ck_set_threads(int count);
int ck_threads(void);

/* y = f(x) */
void ck_unary(ck_unary_function f, ck_array x, ck_array y, size_t n);
/* y = dy * f(x): an activation's derivative and the product with what comes in, in one pass. */
void ck_unary_multiply(ck_unary_function f, ck_array x, ck_array dy, ck_array y, size_t n);

/* y = f(a, b), y contiguous of the given dims, a and b read through strides (0 repeats). */
void ck_binary(ck_binary_function f, int rank, const int64_t *dims, ck_array a,
               const int64_t *a_strides, ck_array b, const int64_t *b_strides, ck_array y);

/* y[i...] = x[i...], each through its own strides; elements of 2 or 4 bytes. */
void ck_copy(int element, int rank, const int64_t *dims, const void *x, const int64_t *x_strides,
             void *y, const int64_t *y_strides);
void ck_zero(void *y, size_t bytes);

/* y[o][i] = sum over r of x[o][r][i]; partial sums of fixed extent, added in double.
 * scratch: ck_reduce_scratch() bytes. */
size_t ck_reduce_scratch(int64_t outer, int64_t reduced, int64_t inner);
void ck_reduce_sum(ck_array x, float *y, int64_t outer, int64_t reduced, int64_t inner,
                   void *scratch);

/* Rows of x (rows, n): x = softmax(scale * x), in place. Where the result is bfloat16, each
 * row takes the first half of its memory: rows then start 2n elements apart. */
void ck_softmax(float *x, int64_t rows, int64_t n, float scale, ck_format result);
/* dp = scale * p * (dp - sum(dp * p)) row by row, in place of dp. p is what ck_softmax left in
 * that format, which the result takes too. */
void ck_softmax_gradient(const float *p, float *dp, int64_t rows, int64_t n, float scale,
                         ck_format format);

/* y[n][t] = norm(x[n][t]) * (1 + scale[n]) + shift[n] */
void ck_layer_norm_modulate(const float *x, const float *shift, const float *scale, ck_array y,
                            int64_t N, int64_t T, int64_t D, float epsilon);
void ck_layer_norm_modulate_gradient(const float *x, const float *scale, ck_array dy,
                                     float *dx, float *dshift, float *dscale, int64_t N,
                                     int64_t T, int64_t D, float epsilon);

/* out[n][t] = x[n][t] + gate[n] * y[n][t] */
void ck_gated_residual(const float *x, const float *gate, ck_array y, float *out, int64_t N,
                       int64_t T, int64_t D);
void ck_gated_residual_gradient(const float *gate, ck_array y, const float *dout, float *dgate,
                                ck_array dy, int64_t N, int64_t T, int64_t D);

/* x (N, T, C), groups along C; SiLU applied where silu != 0.
 * scratch: ck_group_norm_scratch() bytes, for the gradient as well. */
size_t ck_group_norm_scratch(int64_t N, int64_t T, int64_t C);
void ck_group_norm(ck_array x, const float *weight, const float *bias, ck_array y, int64_t N,
                   int64_t T, int64_t C, int64_t groups, float epsilon, int silu, void *scratch);
void ck_group_norm_gradient(ck_array x, const float *weight, const float *bias, ck_array dy,
                            ck_array dx, float *dweight, float *dbias, int64_t N, int64_t T,
                            int64_t C, int64_t groups, float epsilon, int silu, void *scratch);

/* y[i] = table[ids[i]]; returns the position of an id outside 0..<rows, or -1. */
int64_t ck_gather(const float *table, int64_t rows, int64_t D, const int32_t *ids, int64_t n,
                  float *y);
/* y (rows, D) = 0, then y[ids[i]] += x[i] in the order of i. */
int64_t ck_scatter_add(const int32_t *ids, const float *x, int64_t n, float *y, int64_t rows,
                       int64_t D);

/* NHWC, every pixel repeated factor x factor times; and the sums over such squares. Both
 * arrays of one format, as in the two below. */
void ck_upsample(ck_array x, ck_array y, int64_t N, int64_t H, int64_t W, int64_t C,
                 int64_t factor);
void ck_sum_pool(ck_array x, ck_array y, int64_t N, int64_t H, int64_t W, int64_t C,
                 int64_t factor);

/* Taps of an image whose pixels were repeated twice along both axes, for one phase of the
 * result: n kernels of 3 x 3 become n of 2 x 2 that the small image takes. down and right, 0 or
 * 1, tell the phase. */
void ck_fold_taps(const float *weight, float *taps, int64_t n, int down, int right);
/* Phases (4, N, H, W, C), upper left, upper right, lower left, lower right, as the image
 * (N, 2H, 2W, C). */
void ck_interleave(ck_array planes, ck_array y, int64_t N, int64_t H, int64_t W, int64_t C);

/* A 3 x 3 convolution of stride 1 by minimal filtering: x NHWC, every pixel first repeated
 * factor x factor times, zeros around it; y (N, rows, columns, O). C and O are multiples of
 * CK_WINOGRAD_LANES. Tiles of 4 x 4 results are worked on `chunk` at a time. */
#define CK_WINOGRAD_LANES 16
typedef struct {
  int64_t N, H, W, C, factor, above, left, rows, columns, O, chunk;
  int relu;
} ck_winograd;

/* weight (O, I, 3, 3) as u (36, I, O). */
void ck_winograd_weight(const float *weight, float *u, int64_t O, int64_t I);
/* Bytes of scratch for each worker: v (36, chunk, C), then m (36, chunk, O). */
size_t ck_winograd_scratch(ck_winograd g);
/* m = v x u of one worker; 0, or an error. Called by several threads at once. */
typedef int (*ck_winograd_product)(void *context, int worker);
/* y = convolution + bias + add, either of which may be NULL; add may be y. Not 0 where a
 * product failed. */
int ck_winograd_convolution(ck_winograd g, ck_array x, const float *bias, ck_array add, ck_array y,
                            void *scratch, int workers, ck_winograd_product product,
                            void *context);

/* Square windows over NHWC; what lies outside the image is not there. padding < window. */
typedef struct {
  int64_t N, H, W, C, window, stride, padding;
} ck_pool;

/* The largest value of each window, NaN before all; the mean of the pixels inside. */
void ck_max_pool(ck_pool pool, ck_array x, ck_array y);
void ck_average_pool(ck_pool pool, ck_array x, ck_array y);
/* dy has the pooled size, dx that of x. Equal largest values: the first of the window gets dy. */
void ck_max_pool_gradient(ck_pool pool, const float *x, const float *dy, float *dx);
void ck_average_pool_gradient(ck_pool pool, const float *dy, float *dx);

typedef struct {
  /* gain1 and gain2 are 1 - beta1 and 1 - beta2, rounded once. */
  float gain1, beta2, gain2, epsilon, weight_decay;
} ck_adamw_settings;

/* One AdamW step and moving average; rates as in Operation.adamW. Results may be the operands. */
void ck_adamw(ck_adamw_settings settings, const float *p, const float *g, const float *m,
              const float *v, const float *average, const float *rates, float *p_out, float *m_out,
              float *v_out, float *average_out, size_t n);

#endif
