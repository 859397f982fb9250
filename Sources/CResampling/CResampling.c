#include "CResampling.h"

#include <string.h>

#include "vectorised.h"

static const int32_t half = 1 << (cresampling_fraction_bits - 1);

static inline uint8_t clipped(int32_t sum) {
  int32_t value = sum >> cresampling_fraction_bits;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

static void horizontal_row(const uint8_t *source, uint8_t *target, ptrdiff_t channels,
                           cresampling_taps taps) {
  for (ptrdiff_t x = 0; x < taps.length; x++) {
    const uint8_t *from = source + taps.first[x] * channels;
    const int32_t *weights = taps.weights + x * taps.stride;
    for (ptrdiff_t c = 0; c < channels; c++) {
      int32_t sum = half;
      for (ptrdiff_t i = 0; i < taps.count[x]; i++) sum += from[i * channels + c] * weights[i];
      target[x * channels + c] = clipped(sum);
    }
  }
}

typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef int32_t ints4 __attribute__((vector_size(16)));

/* Three-channel rows, of which each but the last of the image may be read one byte past
   its end: a pixel is loaded as four bytes, whose fourth sum is thrown away. */
VECTORISED static void horizontal_rgb(const uint8_t *source, ptrdiff_t source_stride,
                                      uint8_t *target, ptrdiff_t rows, cresampling_taps taps) {
  for (ptrdiff_t y = 0; y < rows; y++) {
    for (ptrdiff_t x = 0; x < taps.length; x++) {
      const uint8_t *from = source + y * source_stride + taps.first[x] * 3;
      const int32_t *weights = taps.weights + x * taps.stride;
      ints4 sum = {half, half, half, half};
      for (ptrdiff_t i = 0; i < taps.count[x]; i++) {
        bytes4 pixel;
        memcpy(&pixel, from + 3 * i, 4);
        sum += __builtin_convertvector(pixel, ints4) * weights[i];
      }
      uint8_t *to = target + 3 * (y * taps.length + x);
      for (int c = 0; c < 3; c++) to[c] = clipped(sum[c]);
    }
  }
}

void cresampling_horizontal(const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
                            ptrdiff_t rows, ptrdiff_t channels, cresampling_taps taps) {
  ptrdiff_t y = 0;
  if (channels == 3 && rows > 1) {
    horizontal_rgb(source, source_stride, target, rows - 1, taps);
    y = rows - 1;
  }
  for (; y < rows; y++)
    horizontal_row(source + y * source_stride, target + y * taps.length * channels, channels, taps);
}

/* Samples whose sums stay in registers. */
enum { block = 64 };

VECTORISED void cresampling_vertical(const uint8_t *source, ptrdiff_t source_stride,
                                     uint8_t *target, ptrdiff_t row, cresampling_taps taps) {
  for (ptrdiff_t y = 0; y < taps.length; y++) {
    const uint8_t *top = source + taps.first[y] * source_stride;
    const int32_t *weights = taps.weights + y * taps.stride;
    uint8_t *to = target + y * row;
    ptrdiff_t x = 0;
    for (; x + block <= row; x += block) {
      int32_t sums[block];
      for (int j = 0; j < block; j++) sums[j] = half;
      for (ptrdiff_t i = 0; i < taps.count[y]; i++) {
        const uint8_t *from = top + i * source_stride + x;
        for (int j = 0; j < block; j++) sums[j] += from[j] * weights[i];
      }
      for (int j = 0; j < block; j++) to[x + j] = clipped(sums[j]);
    }
    for (; x < row; x++) {
      int32_t sum = half;
      for (ptrdiff_t i = 0; i < taps.count[y]; i++) sum += top[i * source_stride + x] * weights[i];
      to[x] = clipped(sum);
    }
  }
}
