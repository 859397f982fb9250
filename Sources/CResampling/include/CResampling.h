#ifndef CRESAMPLING_H
#define CRESAMPLING_H

#include <stddef.h>
#include <stdint.h>

/* The inner loops of 8-bit resampling with fixed-point weights, dispatched to the
   widest vector unit of the machine. Integer sums: every path gives the same bytes. */

enum { cresampling_fraction_bits = 22 };

/* Output i of an axis is the sum of count[i] source positions from first[i] on, weighted
   by weights[i * stride ...], rounded and clamped to 0...255. */
typedef struct {
  const ptrdiff_t *first, *count;
  const int32_t *weights;
  ptrdiff_t stride, length;
} cresampling_taps;

/* source: `rows` rows of interleaved samples, `source_stride` apart; target: `rows` packed
   rows of taps.length pixels. */
void cresampling_horizontal(const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
                            ptrdiff_t rows, ptrdiff_t channels, cresampling_taps taps);

/* source: rows of `row` samples, `source_stride` apart; target: taps.length packed rows. */
void cresampling_vertical(const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
                          ptrdiff_t row, cresampling_taps taps);

#endif
