/* The part of HDF5 that Storage uses, without its macros. Handles are HDF5's own;
   functions return a negative number on failure, and chdf5_message() says why.
   Not thread-safe: the caller holds one lock around all calls. */
#ifndef CHDF5_H
#define CHDF5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHDF5_MAX_RANK = 32 };

typedef enum {
  CHDF5_FLOAT32, /* little-endian IEEE binary32 */
  CHDF5_FLOAT64, /* little-endian IEEE binary64 */
  CHDF5_INT32,   /* little-endian */
  CHDF5_TEXT,    /* fixed length, null-padded, UTF-8 */
  CHDF5_OTHER
} chdf5_type;

typedef struct {
  chdf5_type type;
  size_t element_size; /* bytes */
  int rank;
  uint64_t dimensions[CHDF5_MAX_RANK];
  bool is_contiguous; /* in one piece of this file, at `offset` from the file's start */
  uint64_t offset;
} chdf5_dataset;

/* Why the last call failed, from HDF5's error stack. Valid until the next call. */
const char *chdf5_message(void);

/* A new file with a user block (a power of two from 512) and no time stamps. */
int64_t chdf5_create(const char *path, uint64_t user_block);
int64_t chdf5_open(const char *path);
int chdf5_close(int64_t file);

/* Reserves a contiguous dataset of `dataset->type`, element size, rank and dimensions, and
   fills in its offset. Its values are not written: the caller does that at the
   offset once the file is closed. */
int chdf5_create_dataset(
    int64_t file, const char *name, const char *description, chdf5_dataset *dataset);
int chdf5_get_dataset(int64_t file, const char *name, chdf5_dataset *dataset);

/* Attributes of the root group. */
int chdf5_put_text(int64_t file, const char *name, const char *text);
int chdf5_put_integer(int64_t file, const char *name, int64_t value);
int chdf5_put_double(int64_t file, const char *name, double value);
/* A copy for the caller to free, NULL on failure. */
char *chdf5_get_text(int64_t file, const char *name);
int chdf5_get_integer(int64_t file, const char *name, int64_t *value);
int chdf5_get_double(int64_t file, const char *name, double *value);

/* Compound tables, pictures and the groups above them, below the root by a path such as
   "tables/orders". Values are written and read by the library, all at once. */
typedef struct {
  const char *name; /* when read, the caller's to free */
  chdf5_type type;
  size_t size;   /* bytes of one element */
  size_t offset; /* within a row */
} chdf5_field;

/* The library's version as a new text for the caller to free. */
char *chdf5_version(void);

int chdf5_create_group(int64_t file, const char *path);
/* `data` holds `rows` rows of `row_size` bytes, at least one. */
int chdf5_write_table(
    int64_t file, const char *path, const chdf5_field *fields, int count, size_t row_size,
    uint64_t rows, const void *data);
/* An HDF5 image (CLASS = IMAGE) of 8-bit red, green and blue, compressed. */
int chdf5_write_image(
    int64_t file, const char *path, uint64_t height, uint64_t width, const uint8_t *pixels);
/* A second name for a dataset. */
int chdf5_link(int64_t file, const char *present, const char *path);
/* Attributes of the object at `path`. */
int chdf5_put_text_at(int64_t file, const char *path, const char *name, const char *text);
int chdf5_put_texts_at(
    int64_t file, const char *path, const char *name, const char *const *texts, int count);
char *chdf5_get_text_at(int64_t file, const char *path, const char *name);
/* One text of a list, for the caller to free; NULL where there is none. */
char *chdf5_get_item_at(int64_t file, const char *path, const char *name, int index);

/* The number of links in a group, or a negative number where there is no such group. */
int64_t chdf5_count(int64_t file, const char *group);
/* The name of one, in the order of names, for the caller to free. */
char *chdf5_name(int64_t file, const char *group, uint64_t index);
/* Whether the object is a group. */
bool chdf5_is_group(int64_t file, const char *path);
/* The number of fields of a compound dataset of rank 1, its row size and its rows. */
int chdf5_table_size(int64_t file, const char *path, size_t *row_size, uint64_t *rows);
int chdf5_table_field(int64_t file, const char *path, int index, chdf5_field *field);
/* Fills `data` of the size that chdf5_table_size said. */
int chdf5_read_table(int64_t file, const char *path, void *data);
int chdf5_image_size(int64_t file, const char *path, uint64_t *height, uint64_t *width);
int chdf5_read_image(int64_t file, const char *path, uint8_t *pixels);

#endif
