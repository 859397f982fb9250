#ifndef CRESAMPLING_H
#define CRESAMPLING_H

#include <stddef.h>
#include <stdint.h>

/* The inner loops of resampling, dispatched to the widest vector unit of the machine:
   8-bit with fixed-point weights, and to floats. Integer sums, and sums of floats in one
   order, fused where it is written so and nowhere else: every path gives the same bytes. */

enum { cresampling_fraction_bits = 22 };

/* Output i of an axis is the sum of count[i] source positions from first[i] on, weighted
   by weights[i * stride ...], rounded and clamped to 0...255. */
typedef struct {
  const ptrdiff_t *first, *count;
  const int32_t *weights;
  ptrdiff_t stride, length;
} cresampling_taps;

/* Rows that the horizontal pass takes at a time. */
enum { cresampling_rows = 16 };

/* source: `rows` rows of `width` pixels of interleaved samples, `source_stride` apart; target:
   `rows` packed rows of taps.length pixels. Rows are turned into columns, a few at a time, so
   that neighbouring samples share their weights as in the vertical pass, and back. scratch:
   cresampling_rows * channels * (width + taps.length) bytes. */
void cresampling_horizontal(const uint8_t *source, ptrdiff_t source_stride, ptrdiff_t width,
                            uint8_t *target, ptrdiff_t rows, ptrdiff_t channels,
                            uint8_t *scratch, cresampling_taps taps);

/* source: rows of `row` samples, `source_stride` apart; target: taps.length packed rows. */
void cresampling_vertical(const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
                          ptrdiff_t row, cresampling_taps taps);

/* To floats. */

/* Samples of an image: bytes, or floats. */
typedef struct {
  const void *samples;
  int is_bytes;
} cresampling_source;

/* Output i of an axis lies between the elements at the offsets low[i] and high[i]; weight[i]
   is that of the second. */
typedef struct {
  const ptrdiff_t *low, *high;
  const float *weight;
  ptrdiff_t length;
} cresampling_pairs;

/* How two values are blended, which shows in the last bit: a(1 - w) + bw, the first product
   exact, or a + (b - a)w. */
typedef enum { cresampling_by_weights, cresampling_by_difference } cresampling_blend;

/* target (rows, columns) = scale * value + offset, values blended along the columns, then the
   rows. The columns of an image of several channels are all of their samples. Bytes are divided
   by `divisor` first; the last column must then reach furthest. scratch: two rows of columns,
   and of bytes a source row. */
void cresampling_bilinear(cresampling_source source, float divisor, cresampling_pairs rows,
                          cresampling_pairs columns, cresampling_blend blend, float scale,
                          float offset, float *scratch, float *target);

/* As cresampling_taps, in double precision; sums are rounded to floats once. */
typedef struct {
  const ptrdiff_t *first, *count;
  const double *weights;
  ptrdiff_t stride, length;
} cresampling_exact_taps;

/* Strides in samples. sums: `row` numbers. */
void cresampling_horizontal_exact(cresampling_source source, ptrdiff_t source_stride,
                                  float *target, ptrdiff_t rows, ptrdiff_t channels,
                                  cresampling_exact_taps taps);
void cresampling_vertical_exact(cresampling_source source, ptrdiff_t source_stride, float *target,
                                ptrdiff_t row, double *sums, cresampling_exact_taps taps);

#endif
