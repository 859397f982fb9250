#include "kernels_internal.h"

#include <math.h>
#include <string.h>

#pragma clang fp contract(fast)

/* Fewer elements than this are not worth waking the pool. */
#define GRAIN 8192

CK_INLINE float gelu_argument(float x) {
  return 0.7978845608028654f * (x + 0.044715f * x * x * x);
}
/* 0.5 * (1 + tanh(u)) is the logistic function of 2u. */
CK_INLINE float gelu(float x) { return x * ck_logistic(2.0f * gelu_argument(x)); }
CK_INLINE float gelu_derivative(float x) {
  float s = ck_logistic(2.0f * gelu_argument(x));
  float slope = 0.7978845608028654f * (1.0f + 3.0f * 0.044715f * x * x);
  return s + 2.0f * x * s * (1.0f - s) * slope;
}
CK_INLINE float silu(float x) { return x * ck_logistic(x); }
CK_INLINE float silu_derivative(float x) {
  float s = ck_logistic(x);
  return s + x * s * (1.0f - s);
}
/* Cephes tanhf: a polynomial near zero, where 1 - 2/(e^2x + 1) would cancel. */
CK_INLINE float tanh_vector(float x) {
  float a = x < 0 ? -x : x;
  float far = 1.0f - 2.0f / (ck_exp(2.0f * a) + 1.0f);
  far = x < 0 ? -far : far;
  float z = x * x;
  float near = ((((-5.70498872745e-3f * z + 2.06390887954e-2f) * z - 5.37397155531e-2f) * z +
                 1.33314422036e-1f) * z - 3.33332819422e-1f) * z * x + x;
  return a < 0.625f ? near : far;
}

typedef struct {
  ck_unary_function f;
  ck_array x, dy, y;
} unary_job;

#define MAP(expression)                             \
  CK_SAME_PLACE for (int64_t i = 0; i < n; i++) {   \
    float v = x[i];                                 \
    y[i] = (expression);                            \
  }                                                 \
  break

CK_INLINE void unary_piece(ck_unary_function f, const float *x, float *y, int64_t n) {
  switch (f) {
    case CK_NEGATE: MAP(-v);
    case CK_EXPONENTIAL: MAP(ck_exp(v));
    case CK_LOGARITHM: MAP(logf(v));
    case CK_SQUARE_ROOT: MAP(sqrtf(v));
    case CK_SINE: MAP(sinf(v));
    case CK_COSINE: MAP(cosf(v));
    case CK_TANH: MAP(tanh_vector(v));
    case CK_LOGISTIC: MAP(ck_logistic(v));
    /* NaN stays. */
    case CK_RELU: MAP(v < 0.0f ? 0.0f : v);
    case CK_GELU: MAP(gelu(v));
    case CK_SILU: MAP(silu(v));
    case CK_GELU_DERIVATIVE: MAP(gelu_derivative(v));
    case CK_SILU_DERIVATIVE: MAP(silu_derivative(v));
  }
}

/* A piece of x from element i as float32: where it lies, or converted into `room`. */
CK_INLINE const float *piece_of(ck_array x, int64_t i, int64_t n, float *room) {
  if (x.format == CK_FLOAT32) return (const float *)x.data + i;
  const uint16_t *halves = (const uint16_t *)x.data + i;
  for (int64_t k = 0; k < n; k++) room[k] = ck_widen(halves[k]);
  return room;
}
CK_INLINE void keep_piece(const float *room, ck_array y, int64_t i, int64_t n) {
  uint16_t *halves = (uint16_t *)y.data + i;
  for (int64_t k = 0; k < n; k++) halves[k] = ck_narrow(room[k]);
}

CK_CLONES static void unary_range(void *context, int64_t begin, int64_t end) {
  const unary_job *job = context;
  if (job->x.format == CK_FLOAT32 && job->y.format == CK_FLOAT32) {
    unary_piece(job->f, (const float *)job->x.data + begin, (float *)job->y.data + begin,
                end - begin);
    return;
  }
  float in[CK_PIECE], out[CK_PIECE];
  for (int64_t i = begin; i < end; i += CK_PIECE) {
    int64_t n = end - i < CK_PIECE ? end - i : CK_PIECE;
    int is_half = job->y.format == CK_BFLOAT16;
    unary_piece(job->f, piece_of(job->x, i, n, in), is_half ? out : (float *)job->y.data + i, n);
    if (is_half) keep_piece(out, job->y, i, n);
  }
}

void ck_unary(ck_unary_function f, ck_array x, ck_array y, size_t n) {
  unary_job job = {.f = f, .x = x, .y = y};
  ck_parallel((int64_t)n, GRAIN, unary_range, &job);
}

CK_INLINE void unary_multiply(const unary_job *job, int64_t begin, int64_t end, int x_half,
                              int dy_half, int y_half) {
  const void *x = job->x.data, *dy = job->dy.data;
  void *y = job->y.data;
  if (job->f == CK_GELU_DERIVATIVE)
    CK_SAME_PLACE for (int64_t i = begin; i < end; i++)
      ck_put(y, y_half, i, ck_at(dy, dy_half, i) * gelu_derivative(ck_at(x, x_half, i)));
  else
    CK_SAME_PLACE for (int64_t i = begin; i < end; i++)
      ck_put(y, y_half, i, ck_at(dy, dy_half, i) * silu_derivative(ck_at(x, x_half, i)));
}

CK_CLONES static void unary_multiply_range(void *context, int64_t begin, int64_t end) {
  const unary_job *job = context;
  CK_EITHER(job->x, X,
            CK_EITHER(job->dy, DY,
                      CK_EITHER(job->y, Y, unary_multiply(job, begin, end, X, DY, Y))));
}

void ck_unary_multiply(ck_unary_function f, ck_array x, ck_array dy, ck_array y, size_t n) {
  unary_job job = {f, x, dy, y};
  ck_parallel((int64_t)n, GRAIN, unary_multiply_range, &job);
}

/* Strided walks: the axes but the last are rows; a row's operands have stride 0 or 1,
 * or any stride where nothing better can be had. */

typedef struct {
  ck_binary_function f;
  int rank;
  const int64_t *dims, *a_strides, *b_strides;
  ck_array a, b, y;
} binary_job;

CK_INLINE float apply(ck_binary_function f, float a, float b) {
  switch (f) {
    case CK_ADD: return a + b;
    case CK_SUBTRACT: return a - b;
    case CK_MULTIPLY: return a * b;
    case CK_DIVIDE: return a / b;
    case CK_MAXIMUM: return a >= b || a != a ? a : b;
    case CK_MINIMUM: return a <= b || a != a ? a : b;
    case CK_GREATER_OR_EQUAL: return a >= b ? 1.0f : 0.0f;
  }
  return 0.0f;
}

/* f and the strides are constants at every call, so each row loop is compiled on its own. */
CK_INLINE void binary_row(ck_binary_function f, const float *a, int64_t sa, const float *b,
                          int64_t sb, float *y, int64_t n) {
  CK_SAME_PLACE for (int64_t i = 0; i < n; i++) y[i] = apply(f, a[i * sa], b[i * sb]);
}

#define ROW_FOR(F)                                                  \
  case F:                                                           \
    if (sa == 1 && sb == 1) binary_row(F, a, 1, b, 1, y, n);        \
    else if (sa == 1 && sb == 0) binary_row(F, a, 1, b, 0, y, n);   \
    else if (sa == 0 && sb == 1) binary_row(F, a, 0, b, 1, y, n);   \
    else binary_row(F, a, sa, b, sb, y, n);                         \
    break;

CK_INLINE void any_binary_row(ck_binary_function f, const float *a, int64_t sa, const float *b,
                              int64_t sb, float *y, int64_t n) {
  switch (f) {
    ROW_FOR(CK_ADD)
    ROW_FOR(CK_SUBTRACT)
    ROW_FOR(CK_MULTIPLY)
    ROW_FOR(CK_DIVIDE)
    ROW_FOR(CK_MAXIMUM)
    ROW_FOR(CK_MINIMUM)
    ROW_FOR(CK_GREATER_OR_EQUAL)
  }
}

/* Elements i, i + stride, … as float32, and the stride at which they then lie. */
CK_INLINE const float *strided_piece(ck_array x, int64_t i, int64_t n, int64_t *stride,
                                     float *room) {
  if (x.format == CK_FLOAT32) return (const float *)x.data + i;
  const uint16_t *halves = (const uint16_t *)x.data + i;
  if (*stride == 0)
    room[0] = ck_widen(halves[0]);
  else
    for (int64_t k = 0; k < n; k++) room[k] = ck_widen(halves[k * *stride]);
  *stride = *stride == 0 ? 0 : 1;
  return room;
}

CK_CLONES static void binary_range(void *context, int64_t begin, int64_t end) {
  const binary_job *job = context;
  int last = job->rank - 1;
  int64_t n = job->dims[last], sa = job->a_strides[last], sb = job->b_strides[last];
  int is_single = job->a.format == CK_FLOAT32 && job->b.format == CK_FLOAT32 &&
                  job->y.format == CK_FLOAT32;
  for (int64_t row = begin; row < end; row++) {
    int64_t rest = row, a = 0, b = 0;
    for (int axis = last - 1; axis >= 0; axis--) {
      int64_t i = rest % job->dims[axis];
      rest /= job->dims[axis];
      a += i * job->a_strides[axis];
      b += i * job->b_strides[axis];
    }
    if (is_single) {
      any_binary_row(job->f, (const float *)job->a.data + a, sa, (const float *)job->b.data + b,
                     sb, (float *)job->y.data + row * n, n);
      continue;
    }
    float left[CK_PIECE], right[CK_PIECE], result[CK_PIECE];
    for (int64_t i = 0; i < n; i += CK_PIECE) {
      int64_t count = n - i < CK_PIECE ? n - i : CK_PIECE, la = sa, lb = sb;
      const float *pa = strided_piece(job->a, a + i * sa, count, &la, left);
      const float *pb = strided_piece(job->b, b + i * sb, count, &lb, right);
      int is_half = job->y.format == CK_BFLOAT16;
      float *y = is_half ? result : (float *)job->y.data + row * n + i;
      any_binary_row(job->f, pa, la, pb, lb, y, count);
      if (is_half) keep_piece(result, job->y, row * n + i, count);
    }
  }
}

/* Joins neighbouring axes that every operand walks through as one; returns the new rank. */
static int collapse(int rank, int64_t *dims, int64_t *s1, int64_t *s2) {
  int out = 0;
  for (int axis = 0; axis < rank; axis++) {
    if (dims[axis] == 1 && rank > 1) continue;
    if (out > 0 && s1[out - 1] == s1[axis] * dims[axis] && s2[out - 1] == s2[axis] * dims[axis]) {
      dims[out - 1] *= dims[axis];
      s1[out - 1] = s1[axis];
      s2[out - 1] = s2[axis];
    } else {
      dims[out] = dims[axis];
      s1[out] = s1[axis];
      s2[out] = s2[axis];
      out++;
    }
  }
  if (out == 0) {
    dims[0] = 1;
    s1[0] = s2[0] = 0;
    out = 1;
  }
  return out;
}

/* Cuts one long row into pieces, so that it can be shared. */
static int split_row(int rank, int64_t *dims, int64_t *s1, int64_t *s2) {
  if (rank != 1 || dims[0] < 2 * GRAIN) return rank;
  int64_t piece = 4096;
  if (dims[0] % piece != 0) return rank;
  dims[1] = piece;
  s1[1] = s1[0];
  s2[1] = s2[0];
  dims[0] /= piece;
  s1[0] *= piece;
  s2[0] *= piece;
  return 2;
}

static int64_t rows_of(int rank, const int64_t *dims) {
  int64_t rows = 1;
  for (int axis = 0; axis < rank - 1; axis++) rows *= dims[axis];
  return rows;
}

void ck_binary(ck_binary_function f, int rank, const int64_t *dims, ck_array a,
               const int64_t *a_strides, ck_array b, const int64_t *b_strides, ck_array y) {
  int64_t d[CK_MAX_RANK + 1], sa[CK_MAX_RANK + 1], sb[CK_MAX_RANK + 1];
  memcpy(d, dims, (size_t)rank * sizeof *d);
  memcpy(sa, a_strides, (size_t)rank * sizeof *sa);
  memcpy(sb, b_strides, (size_t)rank * sizeof *sb);
  rank = split_row(collapse(rank, d, sa, sb), d, sa, sb);
  binary_job job = {f, rank, d, sa, sb, a, b, y};
  int64_t n = d[rank - 1];
  ck_parallel(rows_of(rank, d), n > 0 ? GRAIN / n : GRAIN, binary_range, &job);
}

typedef struct {
  int element, rank;
  const int64_t *dims, *x_strides, *y_strides;
  const char *x;
  char *y;
} copy_job;

#define COPY_ROW(type)                                                      \
  do {                                                                      \
    const type *x = (const type *)job->x + from;                            \
    type *y = (type *)job->y + to;                                          \
    if (sx == 1 && sy == 1)                                                 \
      for (int64_t i = 0; i < n; i++) y[i] = x[i];                          \
    else if (sx == 0 && sy == 1)                                            \
      for (int64_t i = 0; i < n; i++) y[i] = x[0];                          \
    else                                                                    \
      for (int64_t i = 0; i < n; i++) y[i * sy] = x[i * sx];                \
  } while (0)

CK_CLONES static void copy_range(void *context, int64_t begin, int64_t end) {
  const copy_job *job = context;
  int last = job->rank - 1;
  int64_t n = job->dims[last], sx = job->x_strides[last], sy = job->y_strides[last];
  for (int64_t row = begin; row < end; row++) {
    int64_t rest = row, from = 0, to = 0;
    for (int axis = last - 1; axis >= 0; axis--) {
      int64_t i = rest % job->dims[axis];
      rest /= job->dims[axis];
      from += i * job->x_strides[axis];
      to += i * job->y_strides[axis];
    }
    if (job->element == 2)
      COPY_ROW(uint16_t);
    else
      COPY_ROW(uint32_t);
  }
}

void ck_copy(int element, int rank, const int64_t *dims, const void *x, const int64_t *x_strides,
             void *y, const int64_t *y_strides) {
  int64_t d[CK_MAX_RANK + 1], sx[CK_MAX_RANK + 1], sy[CK_MAX_RANK + 1];
  memcpy(d, dims, (size_t)rank * sizeof *d);
  memcpy(sx, x_strides, (size_t)rank * sizeof *sx);
  memcpy(sy, y_strides, (size_t)rank * sizeof *sy);
  rank = split_row(collapse(rank, d, sx, sy), d, sx, sy);
  copy_job job = {element, rank, d, sx, sy, x, y};
  int64_t n = d[rank - 1];
  ck_parallel(rows_of(rank, d), n > 0 ? GRAIN / n : GRAIN, copy_range, &job);
}

void ck_zero(void *y, size_t bytes) { memset(y, 0, bytes); }
