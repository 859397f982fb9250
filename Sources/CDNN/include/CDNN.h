/* The few oneDNN primitives the engine uses, behind calls that compile with
 * oneDNN 2.x (operation descriptors) and 3.x (primitive descriptors). */
#ifndef CDNN_H
#define CDNN_H

#include <stddef.h>
#include <stdint.h>

#define CDNN_MAX_RANK 6

typedef enum { CDNN_FLOAT32, CDNN_BFLOAT16 } cdnn_type;

/* A tensor's logical sizes and where its elements lie. */
typedef struct {
  int rank;
  int64_t dims[CDNN_MAX_RANK];
  int64_t strides[CDNN_MAX_RANK];
  /* What its elements are in memory, and what the primitive takes or gives: where they
   * differ, the argument is packed. */
  cdnn_type stored, used;
  /* Not 0: the library chooses the layout; the strides say what it is packed from. */
  int any;
} cdnn_tensor;

typedef enum { CDNN_SRC, CDNN_WEIGHTS, CDNN_BIAS, CDNN_DST, CDNN_ARGUMENTS } cdnn_argument;
typedef enum { CDNN_NONE, CDNN_GELU_TANH, CDNN_SILU, CDNN_RELU } cdnn_activation;

/* What is done to results before they are stored: dst = activation(result + add * dst). */
typedef struct {
  cdnn_activation activation;
  int add;   /* 0 or 1 */
  int alone; /* 1: may run while other primitives do, in other threads */
} cdnn_epilogue;

/* A primitive and the memory it is bound to. Not to be run by two threads at once. */
typedef struct cdnn_primitive cdnn_primitive;

/* The library's version, major * 10000 + minor * 100 + patch. */
int cdnn_version(void);

/* What the library makes of bfloat16 on this processor. */
typedef enum { CDNN_BFLOAT16_NONE, CDNN_BFLOAT16_EMULATED, CDNN_BFLOAT16_NATIVE } cdnn_support;
cdnn_support cdnn_bfloat16_support(void);
/* Not 0 where products in bfloat16 are many times as fast as those in float32 (AMX). */
int cdnn_has_tiles(void);

/* All return NULL on failure; cdnn_last_error() then tells why. */

/* dst = epilogue(src x weights + bias); leading axes are batches. bias may be NULL. */
cdnn_primitive *cdnn_matmul(const cdnn_tensor *src, const cdnn_tensor *weights,
                            const cdnn_tensor *bias, const cdnn_tensor *dst,
                            cdnn_epilogue epilogue);

typedef enum {
  CDNN_FORWARD,        /* src, weights, bias -> dst */
  CDNN_BACKWARD_DATA,  /* weights, dst -> src */
  CDNN_BACKWARD_WEIGHTS /* src, dst -> weights */
} cdnn_direction;

/* One stride for both axes; zeros before and after the rows and the columns. */
typedef struct {
  int64_t stride, before[2], after[2];
} cdnn_geometry;

/* Logical NCHW and OIHW sizes, whatever the strides. bias may be NULL; forward only, as the
 * epilogue, which must be zeros otherwise. */
cdnn_primitive *cdnn_convolution(cdnn_direction direction, const cdnn_tensor *src,
                                 const cdnn_tensor *weights, const cdnn_tensor *bias,
                                 const cdnn_tensor *dst, cdnn_geometry geometry,
                                 cdnn_epilogue epilogue);

/* Bytes of an argument in the layout the primitive wants; 0 where that is the given one. */
size_t cdnn_packed_bytes(const cdnn_primitive *primitive, cdnn_argument argument);
/* Copies an argument between the given layout (its CDNN_SRC) and the wanted one (its CDNN_DST);
 * `unpack` goes the other way. */
cdnn_primitive *cdnn_packer(const cdnn_primitive *primitive, cdnn_argument argument, int unpack);
/* Copies a tensor from the type it is stored as (CDNN_SRC) to the one it is used as (CDNN_DST). */
cdnn_primitive *cdnn_converter(const cdnn_tensor *tensor);
/* Not 0 when two packers copy between the same two layouts. */
int cdnn_packs_alike(const cdnn_primitive *a, const cdnn_primitive *b);

void cdnn_bind(cdnn_primitive *primitive, cdnn_argument argument, void *pointer);
/* 0, or an error of the library. */
int cdnn_execute(cdnn_primitive *primitive);
/* The same for one of an array of cdnn_primitive *. */
int cdnn_execute_one(void *primitives, int index);
void cdnn_destroy(cdnn_primitive *primitive);

const char *cdnn_last_error(void);

#endif
