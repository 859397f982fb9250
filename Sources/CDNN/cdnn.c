#include "CDNN.h"

#include <dnnl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t descriptor;
typedef const_dnnl_memory_desc_t const_descriptor;
#else
typedef dnnl_memory_desc_t descriptor;
typedef const dnnl_memory_desc_t *const_descriptor;
#endif

struct cdnn_primitive {
  dnnl_primitive_t primitive;
  dnnl_memory_t memory[CDNN_ARGUMENTS];
  int number[CDNN_ARGUMENTS]; /* the library's name of each argument, 0 where unused */
  descriptor given[CDNN_ARGUMENTS], wanted[CDNN_ARGUMENTS];
  int alone;             /* has scratch memory of its own, below: NULL where it needs none */
  dnnl_memory_t scratch;
};

static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_status_t start_status;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local char message[160];

static void start(void) {
  start_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
  if (start_status == dnnl_success)
    start_status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
}

static int failed(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return 0;
  snprintf(message, sizeof message, "oneDNN %d.%d.%d: %s: %s", dnnl_version()->major,
           dnnl_version()->minor, dnnl_version()->patch, what,
           status == dnnl_unimplemented       ? "not implemented"
           : status == dnnl_invalid_arguments ? "invalid arguments"
           : status == dnnl_out_of_memory     ? "out of memory"
                                              : "runtime error");
  return 1;
}

const char *cdnn_last_error(void) { return message; }

int cdnn_version(void) {
  const dnnl_version_t *v = dnnl_version();
  return v->major * 10000 + v->minor * 100 + v->patch;
}

cdnn_support cdnn_bfloat16_support(void) {
  /* Every instruction set's bits include those of the sets it extends. */
  unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
  unsigned native = (unsigned)dnnl_cpu_isa_avx512_core_bf16;
  unsigned least = (unsigned)dnnl_cpu_isa_avx512_core;
  return (isa & native) == native  ? CDNN_BFLOAT16_NATIVE
         : (isa & least) == least ? CDNN_BFLOAT16_EMULATED
                                  : CDNN_BFLOAT16_NONE;
}

int cdnn_has_tiles(void) {
  unsigned isa = (unsigned)dnnl_get_effective_cpu_isa(), tiles = (unsigned)dnnl_cpu_isa_avx512_core_amx;
  return (isa & tiles) == tiles;
}

static dnnl_data_type_t data_type(cdnn_type type) {
  return type == CDNN_BFLOAT16 ? dnnl_bf16 : dnnl_f32;
}

/* How a tensor lies in memory. */
static int describe_given(const cdnn_tensor *t, descriptor *out) {
  dnnl_data_type_t type = data_type(t->stored);
#if DNNL_VERSION_MAJOR >= 3
  return failed(dnnl_memory_desc_create_with_strides(out, t->rank, t->dims, type, t->strides),
                "memory descriptor");
#else
  return failed(dnnl_memory_desc_init_by_strides(out, t->rank, t->dims, type, t->strides),
                "memory descriptor");
#endif
}

/* What a primitive is asked for: the same, or a layout or type of its own. */
static int describe_requested(const cdnn_tensor *t, descriptor *out) {
  dnnl_data_type_t type = data_type(t->used);
#if DNNL_VERSION_MAJOR >= 3
  if (t->any)
    return failed(dnnl_memory_desc_create_with_tag(out, t->rank, t->dims, type,
                                                   dnnl_format_tag_any),
                  "memory descriptor");
  return failed(dnnl_memory_desc_create_with_strides(out, t->rank, t->dims, type, t->strides),
                "memory descriptor");
#else
  if (t->any)
    return failed(dnnl_memory_desc_init_by_tag(out, t->rank, t->dims, type, dnnl_format_tag_any),
                  "memory descriptor");
  return failed(dnnl_memory_desc_init_by_strides(out, t->rank, t->dims, type, t->strides),
                "memory descriptor");
#endif
}

#if DNNL_VERSION_MAJOR >= 3
#define REF(d) (d)
static void release(descriptor *d) {
  if (*d) dnnl_memory_desc_destroy(*d);
}
static int copy_descriptor(descriptor *out, const_descriptor d) {
  return failed(dnnl_memory_desc_clone(out, d), "memory descriptor");
}
static int same(const descriptor *a, const descriptor *b) {
  return dnnl_memory_desc_equal(*a, *b);
}
#else
#define REF(d) (&(d))
static void release(descriptor *d) { (void)d; }
static int copy_descriptor(descriptor *out, const_descriptor d) {
  *out = *d;
  return 0;
}
static int same(const descriptor *a, const descriptor *b) { return dnnl_memory_desc_equal(a, b); }
#endif

static int new_memory(cdnn_primitive *p, cdnn_argument argument) {
  return failed(dnnl_memory_create(&p->memory[argument], REF(p->wanted[argument]), engine,
                                   DNNL_MEMORY_NONE),
                "memory");
}

/* Creates the primitive and notes the layouts it settled on. */
static cdnn_primitive *finish(cdnn_primitive *p, dnnl_primitive_desc_t pd,
                              const dnnl_query_t query[CDNN_ARGUMENTS]) {
  int bad = failed(dnnl_primitive_create(&p->primitive, pd), "primitive");
  for (int a = 0; a < CDNN_ARGUMENTS && !bad; a++) {
    if (p->number[a] == 0) continue;
    const_descriptor wanted = dnnl_primitive_desc_query_md(pd, query[a], 0);
    bad = wanted == NULL || copy_descriptor(&p->wanted[a], wanted) || new_memory(p, a);
  }
  const_descriptor scratch = NULL;
  if (!bad && p->alone) scratch = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
  if (scratch && dnnl_memory_desc_get_size(scratch) > 0)
    bad = failed(dnnl_memory_create(&p->scratch, scratch, engine, DNNL_MEMORY_ALLOCATE), "memory");
  dnnl_primitive_desc_destroy(pd);
  if (!bad) return p;
  cdnn_destroy(p);
  return NULL;
}

static cdnn_primitive *new_primitive(void) {
  pthread_once(&once, start);
  if (failed(start_status, "engine")) return NULL;
  cdnn_primitive *p = calloc(1, sizeof *p);
  if (!p) failed(dnnl_out_of_memory, "primitive");
  return p;
}

/* The attributes that do what an epilogue says; left NULL where it says nothing. */
static int finish_with(cdnn_epilogue epilogue, dnnl_primitive_attr_t *attributes) {
  cdnn_activation activation = epilogue.activation;
  if (activation == CDNN_NONE && !epilogue.add && !epilogue.alone) return 0;
  dnnl_post_ops_t posts = NULL;
  dnnl_alg_kind_t kind = activation == CDNN_SILU   ? dnnl_eltwise_swish
                         : activation == CDNN_RELU ? dnnl_eltwise_relu
                                                   : dnnl_eltwise_gelu_tanh;
  float alpha = activation == CDNN_SILU ? 1.0f : 0.0f;
  int bad = failed(dnnl_primitive_attr_create(attributes), "attributes") ||
            failed(dnnl_post_ops_create(&posts), "post-ops");
#if DNNL_VERSION_MAJOR >= 3
  if (!bad && epilogue.add)
    bad = failed(dnnl_post_ops_append_sum(posts, 1.0f, 0, dnnl_data_type_undef), "post-op");
  if (!bad && activation != CDNN_NONE)
    bad = failed(dnnl_post_ops_append_eltwise(posts, kind, alpha, 0.0f), "post-op");
#else
  if (!bad && epilogue.add) bad = failed(dnnl_post_ops_append_sum(posts, 1.0f), "post-op");
  if (!bad && activation != CDNN_NONE)
    bad = failed(dnnl_post_ops_append_eltwise(posts, 1.0f, kind, alpha, 0.0f), "post-op");
#endif
  bad = bad || failed(dnnl_primitive_attr_set_post_ops(*attributes, posts), "post-op");
  if (!bad && epilogue.alone)
    bad = failed(dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user),
                 "scratch memory");
  if (posts) dnnl_post_ops_destroy(posts);
  return bad;
}

cdnn_primitive *cdnn_matmul(const cdnn_tensor *src, const cdnn_tensor *weights,
                            const cdnn_tensor *bias, const cdnn_tensor *dst,
                            cdnn_epilogue epilogue) {
  cdnn_primitive *p = new_primitive();
  if (!p) return NULL;
  p->alone = epilogue.alone;
  const cdnn_tensor *tensors[CDNN_ARGUMENTS] = {src, weights, bias, dst};
  descriptor requested[CDNN_ARGUMENTS] = {0};
  int bad = 0;
  for (int a = 0; a < CDNN_ARGUMENTS && !bad; a++)
    if (tensors[a])
      bad = describe_given(tensors[a], &p->given[a]) ||
            describe_requested(tensors[a], &requested[a]);

  dnnl_primitive_attr_t attributes = NULL;
  bad = bad || finish_with(epilogue, &attributes);

  dnnl_primitive_desc_t pd = NULL;
  if (!bad) {
#if DNNL_VERSION_MAJOR >= 3
    bad = failed(dnnl_matmul_primitive_desc_create(
                     &pd, engine, requested[CDNN_SRC], requested[CDNN_WEIGHTS],
                     bias ? requested[CDNN_BIAS] : NULL, requested[CDNN_DST], attributes),
                 "matmul");
#else
    dnnl_matmul_desc_t operation;
    bad = failed(dnnl_matmul_desc_init(&operation, &requested[CDNN_SRC], &requested[CDNN_WEIGHTS],
                                       bias ? &requested[CDNN_BIAS] : NULL, &requested[CDNN_DST]),
                 "matmul") ||
          failed(dnnl_primitive_desc_create(&pd, &operation, attributes, engine, NULL), "matmul");
#endif
  }
  for (int a = 0; a < CDNN_ARGUMENTS; a++) release(&requested[a]);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  if (bad) {
    cdnn_destroy(p);
    return NULL;
  }
  p->number[CDNN_SRC] = DNNL_ARG_SRC;
  p->number[CDNN_WEIGHTS] = DNNL_ARG_WEIGHTS;
  p->number[CDNN_BIAS] = bias ? DNNL_ARG_BIAS : 0;
  p->number[CDNN_DST] = DNNL_ARG_DST;
  const dnnl_query_t query[] = {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_weights_md,
                                dnnl_query_dst_md};
  /* The bias is the second of the weights in the library's count; it is never repacked. */
  if (bias) {
    p->number[CDNN_BIAS] = 0;
    bad = copy_descriptor(&p->wanted[CDNN_BIAS], REF(p->given[CDNN_BIAS])) ||
          new_memory(p, CDNN_BIAS);
    if (bad) {
      dnnl_primitive_desc_destroy(pd);
      cdnn_destroy(p);
      return NULL;
    }
  }
  p = finish(p, pd, query);
  if (p && bias) p->number[CDNN_BIAS] = DNNL_ARG_BIAS;
  return p;
}

cdnn_primitive *cdnn_convolution(cdnn_direction direction, const cdnn_tensor *src,
                                 const cdnn_tensor *weights, const cdnn_tensor *bias,
                                 const cdnn_tensor *dst, cdnn_geometry geometry,
                                 cdnn_epilogue epilogue) {
  cdnn_primitive *p = new_primitive();
  if (!p) return NULL;
  p->alone = epilogue.alone;
  const cdnn_tensor *tensors[CDNN_ARGUMENTS] = {src, weights, bias, dst};
  descriptor requested[CDNN_ARGUMENTS] = {0}, hint[CDNN_ARGUMENTS] = {0};
  dnnl_dims_t strides = {geometry.stride, geometry.stride};
  const int64_t *low = geometry.before, *high = geometry.after;
  int bad = 0, is_half = weights->used == CDNN_BFLOAT16 || dst->used == CDNN_BFLOAT16;
  for (int a = 0; a < CDNN_ARGUMENTS && !bad; a++) {
    if (!tensors[a]) continue;
    /* The forward convolution that a gradient belongs to: its gradients may be kept in float32
     * where it has no such form. */
    cdnn_tensor forward = *tensors[a];
    if (direction != CDNN_FORWARD && is_half) forward.used = CDNN_BFLOAT16;
    bad = describe_given(tensors[a], &p->given[a]) ||
          describe_requested(tensors[a], &requested[a]) || describe_requested(&forward, &hint[a]);
  }

  dnnl_primitive_attr_t attributes = NULL;
  bad = bad || finish_with(epilogue, &attributes);
  dnnl_primitive_desc_t forward = NULL, pd = NULL;
  const dnnl_alg_kind_t algorithm = dnnl_convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_dims_t dense = {0, 0};
  bad = bad || failed(dnnl_convolution_forward_primitive_desc_create(
                          &forward, engine, dnnl_forward_training, algorithm, hint[CDNN_SRC],
                          hint[CDNN_WEIGHTS], bias ? hint[CDNN_BIAS] : NULL,
                          hint[CDNN_DST], strides, dense, low, high, attributes),
                      "convolution");
  if (!bad && direction == CDNN_BACKWARD_DATA)
    bad = failed(dnnl_convolution_backward_data_primitive_desc_create(
                     &pd, engine, algorithm, requested[CDNN_SRC], requested[CDNN_WEIGHTS],
                     requested[CDNN_DST], strides, dense, low, high, forward, NULL),
                 "convolution's input gradient");
  if (!bad && direction == CDNN_BACKWARD_WEIGHTS)
    bad = failed(dnnl_convolution_backward_weights_primitive_desc_create(
                     &pd, engine, algorithm, requested[CDNN_SRC], requested[CDNN_WEIGHTS], NULL,
                     requested[CDNN_DST], strides, dense, low, high, forward, NULL),
                 "convolution's weight gradient");
#else
  dnnl_convolution_desc_t operation;
  bad = bad ||
        failed(dnnl_convolution_forward_desc_init(
                   &operation, dnnl_forward_training, algorithm, &hint[CDNN_SRC],
                   &hint[CDNN_WEIGHTS], bias ? &hint[CDNN_BIAS] : NULL,
                   &hint[CDNN_DST], strides, low, high),
               "convolution") ||
        failed(dnnl_primitive_desc_create(&forward, &operation, attributes, engine, NULL),
               "convolution");
  if (!bad && direction == CDNN_BACKWARD_DATA)
    bad = failed(dnnl_convolution_backward_data_desc_init(
                     &operation, algorithm, &requested[CDNN_SRC], &requested[CDNN_WEIGHTS],
                     &requested[CDNN_DST], strides, low, high),
                 "convolution's input gradient") ||
          failed(dnnl_primitive_desc_create(&pd, &operation, NULL, engine, forward),
                 "convolution's input gradient");
  if (!bad && direction == CDNN_BACKWARD_WEIGHTS)
    bad = failed(dnnl_convolution_backward_weights_desc_init(
                     &operation, algorithm, &requested[CDNN_SRC], &requested[CDNN_WEIGHTS], NULL,
                     &requested[CDNN_DST], strides, low, high),
                 "convolution's weight gradient") ||
          failed(dnnl_primitive_desc_create(&pd, &operation, NULL, engine, forward),
                 "convolution's weight gradient");
#endif
  for (int a = 0; a < CDNN_ARGUMENTS; a++) {
    release(&requested[a]);
    release(&hint[a]);
  }
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  if (!bad && direction == CDNN_FORWARD) {
    pd = forward;
    forward = NULL;
  }
  if (forward) dnnl_primitive_desc_destroy(forward);
  if (bad) {
    cdnn_destroy(p);
    return NULL;
  }

  dnnl_query_t query[CDNN_ARGUMENTS] = {dnnl_query_src_md, dnnl_query_weights_md,
                                        dnnl_query_undef, dnnl_query_dst_md};
  p->number[CDNN_SRC] = DNNL_ARG_SRC;
  p->number[CDNN_WEIGHTS] = DNNL_ARG_WEIGHTS;
  p->number[CDNN_DST] = DNNL_ARG_DST;
  if (direction == CDNN_BACKWARD_DATA) {
    p->number[CDNN_SRC] = DNNL_ARG_DIFF_SRC;
    p->number[CDNN_DST] = DNNL_ARG_DIFF_DST;
    query[CDNN_SRC] = dnnl_query_diff_src_md;
    query[CDNN_DST] = dnnl_query_diff_dst_md;
  } else if (direction == CDNN_BACKWARD_WEIGHTS) {
    p->number[CDNN_WEIGHTS] = DNNL_ARG_DIFF_WEIGHTS;
    p->number[CDNN_DST] = DNNL_ARG_DIFF_DST;
    query[CDNN_WEIGHTS] = dnnl_query_diff_weights_md;
    query[CDNN_DST] = dnnl_query_diff_dst_md;
  }
  if (bias && direction == CDNN_FORWARD) {
    if (copy_descriptor(&p->wanted[CDNN_BIAS], REF(p->given[CDNN_BIAS])) ||
        new_memory(p, CDNN_BIAS)) {
      dnnl_primitive_desc_destroy(pd);
      cdnn_destroy(p);
      return NULL;
    }
  }
  p = finish(p, pd, query);
  if (p && bias && direction == CDNN_FORWARD) p->number[CDNN_BIAS] = DNNL_ARG_BIAS;
  return p;
}

size_t cdnn_packed_bytes(const cdnn_primitive *p, cdnn_argument argument) {
  if (p->number[argument] == 0 || same(&p->given[argument], &p->wanted[argument])) return 0;
  return dnnl_memory_desc_get_size(REF(p->wanted[argument]));
}

static cdnn_primitive *reorder(const descriptor *from, const descriptor *to) {
  cdnn_primitive *p = new_primitive();
  if (!p) return NULL;
  dnnl_primitive_desc_t pd = NULL;
  if (copy_descriptor(&p->wanted[CDNN_SRC], REF(*from)) || new_memory(p, CDNN_SRC) ||
      copy_descriptor(&p->wanted[CDNN_DST], REF(*to)) || new_memory(p, CDNN_DST) ||
      failed(dnnl_reorder_primitive_desc_create(&pd, REF(*from), engine, REF(*to), engine, NULL),
             "reorder")) {
    cdnn_destroy(p);
    return NULL;
  }
  const dnnl_query_t query[CDNN_ARGUMENTS] = {dnnl_query_undef};
  p = finish(p, pd, query); /* no argument is numbered yet, so none is asked for */
  if (p) {
    p->number[CDNN_SRC] = DNNL_ARG_FROM;
    p->number[CDNN_DST] = DNNL_ARG_TO;
  }
  return p;
}

cdnn_primitive *cdnn_packer(const cdnn_primitive *of, cdnn_argument argument, int unpack) {
  const descriptor *given = &of->given[argument], *wanted = &of->wanted[argument];
  return unpack ? reorder(wanted, given) : reorder(given, wanted);
}

cdnn_primitive *cdnn_converter(const cdnn_tensor *tensor) {
  descriptor from = {0}, to = {0};
  cdnn_primitive *p = NULL;
  if (!describe_given(tensor, &from) && !describe_requested(tensor, &to)) p = reorder(&from, &to);
  release(&from);
  release(&to);
  return p;
}

int cdnn_packs_alike(const cdnn_primitive *a, const cdnn_primitive *b) {
  return same(&a->wanted[CDNN_SRC], &b->wanted[CDNN_SRC]) &&
         same(&a->wanted[CDNN_DST], &b->wanted[CDNN_DST]);
}

void cdnn_bind(cdnn_primitive *p, cdnn_argument argument, void *pointer) {
  if (p->memory[argument]) dnnl_memory_set_data_handle(p->memory[argument], pointer);
}

int cdnn_execute(cdnn_primitive *p) {
  dnnl_exec_arg_t arguments[CDNN_ARGUMENTS + 1];
  int count = 0;
  for (int a = 0; a < CDNN_ARGUMENTS; a++)
    if (p->number[a]) {
      arguments[count].arg = p->number[a];
      arguments[count++].memory = p->memory[a];
    }
  if (p->scratch) {
    arguments[count].arg = DNNL_ARG_SCRATCHPAD;
    arguments[count++].memory = p->scratch;
  }
  return failed(dnnl_primitive_execute(p->primitive, stream, count, arguments), "execution");
}

int cdnn_execute_one(void *primitives, int index) {
  return cdnn_execute(((cdnn_primitive *const *)primitives)[index]);
}

void cdnn_destroy(cdnn_primitive *p) {
  if (!p) return;
  if (p->primitive) dnnl_primitive_destroy(p->primitive);
  if (p->scratch) dnnl_memory_destroy(p->scratch);
  for (int a = 0; a < CDNN_ARGUMENTS; a++) {
    if (p->memory[a]) dnnl_memory_destroy(p->memory[a]);
    release(&p->given[a]);
    release(&p->wanted[a]);
  }
  free(p);
}
