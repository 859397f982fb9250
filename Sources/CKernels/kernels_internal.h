/* What the kernel files share: the thread pool, clones per instruction set, vector mathematics. */
#ifndef KERNELS_INTERNAL_H
#define KERNELS_INTERNAL_H

#include "CKernels.h"

#if defined(__x86_64__)
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif

/* Before loops whose result may lie where an operand does, element on element: without it
 * the compiler finds the overlap at run time and falls back to one element at a time. */
#define CK_SAME_PLACE _Pragma("clang loop vectorize(assume_safety)")

/* Clones must see the body of what they call, or it stays at the default instruction set. */
#define CK_INLINE static inline __attribute__((always_inline))

/* The float32 number that a bfloat16 one is. */
CK_INLINE float ck_widen(uint16_t half) {
  union {
    uint32_t bits;
    float value;
  } number = {.bits = (uint32_t)half << 16};
  return number.value;
}

/* Rounds to the nearest bfloat16, ties to even; NaN stays NaN. */
CK_INLINE uint16_t ck_narrow(float value) {
  union {
    float value;
    uint32_t bits;
  } number = {.value = value};
  uint32_t rounded = (number.bits + 0x7fff + (number.bits >> 16 & 1)) >> 16;
  return (uint16_t)(value != value ? number.bits >> 16 | 0x40 : rounded);
}

/* Elements of an array of either format; `half` is a constant wherever these are inlined. */
CK_INLINE float ck_at(const void *x, int half, int64_t i) {
  return half ? ck_widen(((const uint16_t *)x)[i]) : ((const float *)x)[i];
}
CK_INLINE void ck_put(void *y, int half, int64_t i, float value) {
  if (half)
    ((uint16_t *)y)[i] = ck_narrow(value);
  else
    ((float *)y)[i] = value;
}
/* Where element i lies. */
CK_INLINE char *ck_place(ck_array x, int64_t i) {
  return (char *)x.data + i * (x.format == CK_BFLOAT16 ? 2 : 4);
}

/* `call` compiled once for each format of `array`, which is the constant `half` within it.
 * May be nested with other names. */
#define CK_EITHER(array, half, call)     \
  do {                                   \
    if ((array).format == CK_BFLOAT16) { \
      enum { half = 1 };                 \
      call;                              \
    } else {                             \
      enum { half = 0 };                 \
      call;                              \
    }                                    \
  } while (0)

/* Elements that a kernel converts at once where it works on float32 only. */
#define CK_PIECE 512

typedef void (*ck_range)(void *context, int64_t begin, int64_t end);

/* Splits 0..<count into one contiguous range per thread; serial below `grain`. */
void ck_parallel(int64_t count, int64_t grain, ck_range body, void *context);

/* e^x by Cody-Waite reduction and a polynomial of degree 6 (Cephes expf), within 2 ulp. */
CK_INLINE float ck_exp(float x) {
  x = x < -87.33654f ? -87.33654f : x;
  x = x > 88.37626f ? 88.37626f : x;
  /* Adding 1.5 * 2^23 rounds to the nearest integer without a call. */
  float n = (x * 1.44269504088896341f + 12582912.0f) - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  union {
    int32_t i;
    float f;
  } power = {.i = ((int32_t)n + 127) << 23};
  return p * power.f;
}

CK_INLINE float ck_logistic(float x) { return 1.0f / (1.0f + ck_exp(-x)); }

#endif
