#include "CResampling.h"

#include <string.h>

#include "vectorised.h"

static const int32_t half = 1 << (cresampling_fraction_bits - 1);

static inline uint8_t clipped(int32_t sum) {
  int32_t value = sum >> cresampling_fraction_bits;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/* `n` samples of one output row, n a constant at every call: the sums stay in registers. */
static inline __attribute__((always_inline)) void weighted_rows(
    const uint8_t *source, ptrdiff_t source_stride, const int32_t *weights, ptrdiff_t count,
    uint8_t *target, int n) {
  int32_t sums[64];
  for (int j = 0; j < n; j++) sums[j] = half;
  for (ptrdiff_t i = 0; i < count; i++)
    for (int j = 0; j < n; j++) sums[j] += source[i * source_stride + j] * weights[i];
  for (int j = 0; j < n; j++) target[j] = clipped(sums[j]);
}

VECTORISED void cresampling_vertical(const uint8_t *source, ptrdiff_t source_stride,
                                     uint8_t *target, ptrdiff_t row, cresampling_taps taps) {
  for (ptrdiff_t y = 0; y < taps.length; y++) {
    const uint8_t *top = source + taps.first[y] * source_stride;
    const int32_t *weights = taps.weights + y * taps.stride;
    uint8_t *to = target + y * row;
    ptrdiff_t x = 0;
    for (; x + 64 <= row; x += 64)
      weighted_rows(top + x, source_stride, weights, taps.count[y], to + x, 64);
    for (; x + 16 <= row; x += 16)
      weighted_rows(top + x, source_stride, weights, taps.count[y], to + x, 16);
    for (; x < row; x++) weighted_rows(top + x, source_stride, weights, taps.count[y], to + x, 1);
  }
}

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* Four perfect shuffles of sixteen rows of sixteen bytes are their transposition. */
static inline __attribute__((always_inline)) void transpose(bytes16 rows[cresampling_rows]) {
  for (int round = 0; round < 4; round++) {
    bytes16 shuffled[16];
    for (int i = 0; i < 8; i++) {
      shuffled[2 * i] = __builtin_shufflevector(rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19,
                                                4, 20, 5, 21, 6, 22, 7, 23);
      shuffled[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26,
                                                    11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(rows, shuffled, sizeof shuffled);
  }
}

/* columns (n, 16) = the first n bytes of each of `rows` <= 16 rows, transposed. */
static void to_columns(const uint8_t *source, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t n,
                       uint8_t *columns) {
  for (ptrdiff_t x = 0; x < n; x += 16) {
    bytes16 tile[cresampling_rows] = {0};
    size_t bytes = n - x < 16 ? n - x : 16;
    if (bytes == 16)
      for (ptrdiff_t y = 0; y < rows; y++) memcpy(&tile[y], source + y * stride + x, 16);
    else
      for (ptrdiff_t y = 0; y < rows; y++) memcpy(&tile[y], source + y * stride + x, bytes);
    transpose(tile);
    memcpy(columns + x * 16, tile, 16 * bytes);
  }
}

/* The way back: `rows` packed rows of n bytes. */
static void to_rows(const uint8_t *columns, ptrdiff_t rows, ptrdiff_t n, uint8_t *target) {
  for (ptrdiff_t x = 0; x < n; x += 16) {
    bytes16 tile[cresampling_rows] = {0};
    size_t bytes = n - x < 16 ? n - x : 16;
    memcpy(tile, columns + x * 16, 16 * bytes);
    transpose(tile);
    if (bytes == 16)
      for (ptrdiff_t y = 0; y < rows; y++) memcpy(target + y * n + x, &tile[y], 16);
    else
      for (ptrdiff_t y = 0; y < rows; y++) memcpy(target + y * n + x, &tile[y], bytes);
  }
}

void cresampling_horizontal(const uint8_t *source, ptrdiff_t source_stride, ptrdiff_t width,
                            uint8_t *target, ptrdiff_t rows, ptrdiff_t channels,
                            uint8_t *scratch, cresampling_taps taps) {
  ptrdiff_t group = cresampling_rows * channels;
  uint8_t *resized = scratch + width * group;
  for (ptrdiff_t y = 0; y < rows; y += cresampling_rows) {
    ptrdiff_t height = rows - y < cresampling_rows ? rows - y : cresampling_rows;
    to_columns(source + y * source_stride, source_stride, height, width * channels, scratch);
    cresampling_vertical(scratch, group, resized, group, taps);
    to_rows(resized, height, taps.length * channels, target + y * taps.length * channels);
  }
}
