#include "CResampling.h"
#include "vectorised.h"

#define INLINE static inline __attribute__((always_inline))

/* is_bytes is a constant at every call, so that each loop reads one type. */
INLINE float sample(cresampling_source source, int is_bytes, ptrdiff_t i) {
  return is_bytes ? (float)((const uint8_t *)source.samples)[i]
                  : ((const float *)source.samples)[i];
}

INLINE float blended(float a, float b, float weight, cresampling_blend blend) {
  return blend == cresampling_by_weights ? __builtin_fmaf(a, 1.0f - weight, b * weight)
                                         : a + (b - a) * weight;
}

VECTORISED static void to_floats(const uint8_t *bytes, float divisor, ptrdiff_t n,
                                 float *target) {
  for (ptrdiff_t i = 0; i < n; i++) target[i] = (float)bytes[i] / divisor;
}

VECTORISED static void blend_columns(const float *row, cresampling_pairs columns,
                                     cresampling_blend blend, float *target) {
  for (ptrdiff_t i = 0; i < columns.length; i++)
    target[i] = blended(row[columns.low[i]], row[columns.high[i]], columns.weight[i], blend);
}

VECTORISED static void blend_rows(const float *low, const float *high, float weight, ptrdiff_t n,
                                  cresampling_blend blend, float scale, float offset,
                                  float *target) {
  for (ptrdiff_t i = 0; i < n; i++)
    target[i] = blended(low[i], high[i], weight, blend) * scale + offset;
}

void cresampling_bilinear(cresampling_source source, float divisor, cresampling_pairs rows,
                          cresampling_pairs columns, cresampling_blend blend, float scale,
                          float offset, float *scratch, float *target) {
  float *floats = scratch + 2 * columns.length;
  /* The source rows that are blended along the columns already. */
  float *held[2] = {scratch, scratch + columns.length};
  ptrdiff_t row[2] = {-1, -1};
  for (ptrdiff_t y = 0; y < rows.length; y++) {
    if (row[0] != rows.low[y] && row[1] == rows.low[y]) {
      float *other = held[0];
      held[0] = held[1];
      held[1] = other;
      row[0] = row[1];
      row[1] = -1;
    }
    ptrdiff_t wanted[2] = {rows.low[y], rows.high[y]};
    for (int i = 0; i < 2; i++) {
      if (row[i] == wanted[i]) continue;
      row[i] = wanted[i];
      const float *samples = (const float *)source.samples + row[i];
      if (source.is_bytes) {
        to_floats((const uint8_t *)source.samples + row[i], divisor,
                  columns.high[columns.length - 1] + 1, floats);
        samples = floats;
      }
      blend_columns(samples, columns, blend, held[i]);
    }
    blend_rows(held[0], held[1], rows.weight[y], columns.length, blend, scale, offset,
               target + y * columns.length);
  }
}

INLINE void horizontal(cresampling_source source, int is_bytes, ptrdiff_t source_stride,
                       float *target, ptrdiff_t rows, ptrdiff_t channels,
                       cresampling_exact_taps taps) {
  for (ptrdiff_t y = 0; y < rows; y++)
    for (ptrdiff_t x = 0; x < taps.length; x++) {
      ptrdiff_t first = y * source_stride + taps.first[x] * channels;
      const double *weights = taps.weights + x * taps.stride;
      for (ptrdiff_t c = 0; c < channels; c++) {
        double sum = 0;
        for (ptrdiff_t i = 0; i < taps.count[x]; i++)
          sum += sample(source, is_bytes, first + i * channels + c) * weights[i];
        target[(y * taps.length + x) * channels + c] = (float)sum;
      }
    }
}

VECTORISED void cresampling_horizontal_exact(cresampling_source source, ptrdiff_t source_stride,
                                             float *target, ptrdiff_t rows, ptrdiff_t channels,
                                             cresampling_exact_taps taps) {
  if (source.is_bytes)
    horizontal(source, 1, source_stride, target, rows, channels, taps);
  else
    horizontal(source, 0, source_stride, target, rows, channels, taps);
}

INLINE void vertical(cresampling_source source, int is_bytes, ptrdiff_t source_stride,
                     float *target, ptrdiff_t row, double *restrict sums,
                     cresampling_exact_taps taps) {
  for (ptrdiff_t y = 0; y < taps.length; y++) {
    for (ptrdiff_t x = 0; x < row; x++) sums[x] = 0;
    for (ptrdiff_t i = 0; i < taps.count[y]; i++) {
      ptrdiff_t first = (taps.first[y] + i) * source_stride;
      double weight = taps.weights[y * taps.stride + i];
      for (ptrdiff_t x = 0; x < row; x++) sums[x] += sample(source, is_bytes, first + x) * weight;
    }
    for (ptrdiff_t x = 0; x < row; x++) target[y * row + x] = (float)sums[x];
  }
}

VECTORISED void cresampling_vertical_exact(cresampling_source source, ptrdiff_t source_stride,
                                           float *target, ptrdiff_t row, double *sums,
                                           cresampling_exact_taps taps) {
  if (source.is_bytes)
    vertical(source, 1, source_stride, target, row, sums, taps);
  else
    vertical(source, 0, source_stride, target, row, sums, taps);
}
