#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

static void report(png_structp png, png_const_charp text) {
  char *message = png_get_error_ptr(png);
  strncpy(message, text, cpng_message_size - 1);
  message[cpng_message_size - 1] = 0;
  png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

/* Reading. */

typedef struct {
  const uint8_t *next;
  size_t left;
} source;

static void take(png_structp png, png_bytep bytes, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->left) png_error(png, "image file is truncated");
  memcpy(bytes, from->next, count);
  from->next += count;
  from->left -= count;
}

/* Pillow opens 16-bit gray as such and clips it, where it shortens 16-bit
   colour to the high byte. */
static void clip_gray16(const uint8_t *gray, uint8_t *rgb, size_t pixels) {
  for (size_t i = 0; i < pixels; i++) {
    uint8_t value = gray[2 * i] ? 255 : gray[2 * i + 1];
    rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = value;
  }
}

int cpng_read_rgb(const uint8_t *data, size_t size, uint8_t *rgb, uint32_t width, uint32_t height,
                  char *message) {
  source from = {data, size};
  strcpy(message, "out of memory");
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, report, ignore);
  if (!png) return 1;
  png_infop info = png_create_info_struct(png);
  png_bytep *volatile rows = NULL;
  uint8_t *volatile gray = NULL;
  volatile int failed = 1;
  if (!info || setjmp(png_jmpbuf(png))) goto done;

  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* callers bound the pixels */
  png_set_read_fn(png, &from, take);
  png_read_info(png, info);
  if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height)
    png_error(png, "size differs from the header's");
  int depth = png_get_bit_depth(png, info);
  int colour = png_get_color_type(png, info);
  size_t row_bytes = 3 * (size_t)width;
  uint8_t *pixels = rgb;
  if (depth == 16 && colour == PNG_COLOR_TYPE_GRAY) {
    row_bytes = 2 * (size_t)width;
    gray = pixels = malloc(row_bytes * height);
  } else {
    if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (colour == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (depth == 16) png_set_strip_16(png);
    png_set_strip_alpha(png);
    if (!(colour & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "unknown pixel layout");
  rows = malloc(sizeof(png_bytep) * height);
  if (!pixels || !rows) png_error(png, "out of memory");
  for (uint32_t y = 0; y < height; y++) rows[y] = pixels + row_bytes * y;
  png_read_image(png, rows);
  if (gray) clip_gray16(gray, rgb, (size_t)width * height);
  failed = 0;
done:
  free(gray);
  free((void *)rows);
  png_destroy_read_struct(&png, &info, NULL);
  return failed;
}

/* Writing. */

typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} sink;

static void put(png_structp png, png_bytep bytes, size_t count) {
  sink *to = png_get_io_ptr(png);
  if (to->count + count > to->capacity) {
    size_t capacity = 2 * (to->count + count);
    uint8_t *grown = realloc(to->bytes, capacity);
    if (!grown) png_error(png, "out of memory");
    to->bytes = grown;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->count, bytes, count);
  to->count += count;
}

static void flush(png_structp png) { (void)png; }

int cpng_write_rgb(const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t **data,
                   size_t *size, char *message) {
  sink to = {NULL, 0, 0};
  strcpy(message, "out of memory");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, report, ignore);
  if (!png) return 1;
  png_infop info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    free(to.bytes);
    return 1;
  }
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_write_fn(png, &to, put, flush);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 6);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, rgb + 3 * (size_t)width * y);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  *data = to.bytes;
  *size = to.count;
  return 0;
}

void cpng_free(uint8_t *data) { free(data); }
