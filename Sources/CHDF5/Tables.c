/* Compound tables and pictures: see CHDF5.h. */
#include "CHDF5.h"
#include "Errors.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hid_t text_type(size_t size) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (H5Tset_size(type, size ? size : H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
      H5Tset_strpad(type, size ? H5T_STR_NULLPAD : H5T_STR_NULLTERM) < 0) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

static hid_t element_type(chdf5_type type, size_t size) {
  switch (type) {
  case CHDF5_FLOAT32: return H5Tcopy(H5T_IEEE_F32LE);
  case CHDF5_FLOAT64: return H5Tcopy(H5T_IEEE_F64LE);
  case CHDF5_INT32: return H5Tcopy(H5T_STD_I32LE);
  case CHDF5_TEXT: return text_type(size);
  default: return -1;
  }
}

static chdf5_type kind(hid_t type) {
  if (H5Tequal(type, H5T_IEEE_F32LE) > 0) return CHDF5_FLOAT32;
  if (H5Tequal(type, H5T_IEEE_F64LE) > 0) return CHDF5_FLOAT64;
  if (H5Tequal(type, H5T_STD_I32LE) > 0) return CHDF5_INT32;
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0) return CHDF5_TEXT;
  return CHDF5_OTHER;
}

/* -- Writing -- */

int chdf5_create_group(int64_t file, const char *path) {
  chdf5_silence();
  hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
  hid_t group = -1;
  if (H5Pset_obj_track_times(properties, false) >= 0)
    group = H5Gcreate2(file, path, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Pclose(properties);
  return group < 0 ? -1 : H5Gclose(group);
}

/* Creates a dataset without time stamps and writes it. */
static int write_dataset(
    hid_t file, const char *path, hid_t type, int rank, const hsize_t *dimensions,
    bool compressed, const void *data) {
  hid_t space = H5Screate_simple(rank, dimensions, NULL);
  hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  hid_t id = -1;
  int status = -1;
  if (space >= 0 && H5Pset_obj_track_times(properties, false) >= 0 &&
      H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER) >= 0 &&
      (!compressed || (H5Pset_chunk(properties, rank, dimensions) >= 0 &&
                       H5Pset_deflate(properties, 6) >= 0)))
    id = H5Dcreate2(file, path, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  if (id >= 0) {
    status = H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    if (H5Dclose(id) < 0) status = -1;
  }
  H5Pclose(properties);
  if (space >= 0) H5Sclose(space);
  return status;
}

int chdf5_write_table(
    int64_t file, const char *path, const chdf5_field *fields, int count, size_t row_size,
    uint64_t rows, const void *data) {
  chdf5_silence();
  hid_t type = H5Tcreate(H5T_COMPOUND, row_size);
  if (type < 0) return -1;
  int status = 0;
  for (int i = 0; i < count && status >= 0; i++) {
    hid_t element = element_type(fields[i].type, fields[i].size);
    status = element < 0 ? -1 : H5Tinsert(type, fields[i].name, fields[i].offset, element);
    if (element >= 0) H5Tclose(element);
  }
  hsize_t dimensions[1] = {rows};
  if (status >= 0) status = write_dataset(file, path, type, 1, dimensions, false, data);
  H5Tclose(type);
  return status;
}

int chdf5_write_image(
    int64_t file, const char *path, uint64_t height, uint64_t width, const uint8_t *pixels) {
  chdf5_silence();
  hsize_t dimensions[3] = {height, width, 3};
  return write_dataset(file, path, H5T_STD_U8LE, 3, dimensions, true, pixels);
}

int chdf5_link(int64_t file, const char *present, const char *path) {
  chdf5_silence();
  return H5Lcreate_hard(file, present, file, path, H5P_DEFAULT, H5P_DEFAULT);
}

int chdf5_put_text_at(int64_t file, const char *path, const char *name, const char *text) {
  chdf5_silence();
  hid_t object = H5Oopen(file, path, H5P_DEFAULT);
  if (object < 0) return -1;
  int status = chdf5_put_text(object, name, text);
  H5Oclose(object);
  return status;
}

int chdf5_put_texts_at(
    int64_t file, const char *path, const char *name, const char *const *texts, int count) {
  chdf5_silence();
  hid_t object = H5Oopen(file, path, H5P_DEFAULT);
  if (object < 0) return -1;
  hsize_t dimensions[1] = {(hsize_t)count};
  hid_t type = text_type(0), space = H5Screate_simple(1, dimensions, NULL);
  hid_t attribute = -1;
  int status = -1;
  if (type >= 0 && space >= 0)
    attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute >= 0) {
    status = H5Awrite(attribute, type, texts);
    H5Aclose(attribute);
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Oclose(object);
  return status;
}

/* -- Reading -- */

char *chdf5_get_text_at(int64_t file, const char *path, const char *name) {
  chdf5_silence();
  hid_t object = H5Oopen(file, path, H5P_DEFAULT);
  if (object < 0) return NULL;
  char *text = chdf5_get_text(object, name);
  H5Oclose(object);
  return text;
}

char *chdf5_get_item_at(int64_t file, const char *path, const char *name, int index) {
  chdf5_silence();
  hid_t object = H5Oopen(file, path, H5P_DEFAULT);
  if (object < 0) return NULL;
  char *text = NULL;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute >= 0) {
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    hssize_t count = space >= 0 ? H5Sget_simple_extent_npoints(space) : 0;
    if (type >= 0 && H5Tis_variable_str(type) > 0 && index >= 0 && index < count &&
        count < 1 << 16) {
      char **stored = calloc((size_t)count, sizeof *stored);
      if (stored && H5Aread(attribute, type, stored) >= 0) {
        if (stored[index]) text = strdup(stored[index]);
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, stored);
      }
      free(stored);
    }
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    H5Aclose(attribute);
  }
  H5Oclose(object);
  return text;
}

int64_t chdf5_count(int64_t file, const char *group) {
  chdf5_silence();
  hid_t id = H5Gopen2(file, group, H5P_DEFAULT);
  if (id < 0) return -1;
  H5G_info_t info;
  int64_t count = H5Gget_info(id, &info) < 0 ? -1 : (int64_t)info.nlinks;
  H5Gclose(id);
  return count;
}

char *chdf5_name(int64_t file, const char *group, uint64_t index) {
  chdf5_silence();
  ssize_t size =
      H5Lget_name_by_idx(file, group, H5_INDEX_NAME, H5_ITER_INC, index, NULL, 0, H5P_DEFAULT);
  if (size < 0 || size > 4096) return NULL;
  char *name = calloc((size_t)size + 1, 1);
  if (name && H5Lget_name_by_idx(
                  file, group, H5_INDEX_NAME, H5_ITER_INC, index, name, (size_t)size + 1,
                  H5P_DEFAULT) < 0) {
    free(name);
    name = NULL;
  }
  return name;
}

bool chdf5_is_group(int64_t file, const char *path) {
  chdf5_silence();
  hid_t id = H5Gopen2(file, path, H5P_DEFAULT);
  if (id >= 0) H5Gclose(id);
  return id >= 0;
}

typedef struct {
  hid_t id, type, space;
} opened;

static int open_dataset(hid_t file, const char *path, opened *result) {
  chdf5_silence();
  result->type = result->space = -1;
  result->id = H5Dopen2(file, path, H5P_DEFAULT);
  if (result->id < 0) return -1;
  result->type = H5Dget_type(result->id);
  result->space = H5Dget_space(result->id);
  return result->type < 0 || result->space < 0 ? -1 : 0;
}

static void close_dataset(opened *dataset) {
  if (dataset->space >= 0) H5Sclose(dataset->space);
  if (dataset->type >= 0) H5Tclose(dataset->type);
  if (dataset->id >= 0) H5Dclose(dataset->id);
}

int chdf5_table_size(int64_t file, const char *path, size_t *row_size, uint64_t *rows) {
  opened dataset;
  int count = -1;
  hsize_t dimensions[1];
  if (open_dataset(file, path, &dataset) >= 0 &&
      H5Tget_class(dataset.type) == H5T_COMPOUND &&
      H5Sget_simple_extent_ndims(dataset.space) == 1 &&
      H5Sget_simple_extent_dims(dataset.space, dimensions, NULL) >= 0) {
    count = H5Tget_nmembers(dataset.type);
    *row_size = H5Tget_size(dataset.type);
    *rows = dimensions[0];
  }
  close_dataset(&dataset);
  return count;
}

int chdf5_table_field(int64_t file, const char *path, int index, chdf5_field *field) {
  opened dataset;
  int status = -1;
  if (open_dataset(file, path, &dataset) >= 0 && H5Tget_class(dataset.type) == H5T_COMPOUND &&
      index >= 0 && index < H5Tget_nmembers(dataset.type)) {
    hid_t member = H5Tget_member_type(dataset.type, (unsigned)index);
    char *name = H5Tget_member_name(dataset.type, (unsigned)index);
    if (member >= 0 && name) {
      field->name = strdup(name);
      field->type = kind(member);
      field->size = H5Tget_size(member);
      field->offset = H5Tget_member_offset(dataset.type, (unsigned)index);
      status = field->name ? 0 : -1;
    }
    if (name) H5free_memory(name);
    if (member >= 0) H5Tclose(member);
  }
  close_dataset(&dataset);
  return status;
}

int chdf5_read_table(int64_t file, const char *path, void *data) {
  opened dataset;
  int status = -1;
  if (open_dataset(file, path, &dataset) >= 0)
    status = H5Dread(dataset.id, dataset.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  close_dataset(&dataset);
  return status;
}

int chdf5_image_size(int64_t file, const char *path, uint64_t *height, uint64_t *width) {
  opened dataset;
  int status = -1;
  hsize_t dimensions[3];
  if (open_dataset(file, path, &dataset) >= 0 && H5Tequal(dataset.type, H5T_STD_U8LE) > 0 &&
      H5Sget_simple_extent_ndims(dataset.space) == 3 &&
      H5Sget_simple_extent_dims(dataset.space, dimensions, NULL) >= 0 && dimensions[2] == 3) {
    *height = dimensions[0];
    *width = dimensions[1];
    status = 0;
  }
  close_dataset(&dataset);
  return status;
}

int chdf5_read_image(int64_t file, const char *path, uint8_t *pixels) {
  opened dataset;
  int status = -1;
  if (open_dataset(file, path, &dataset) >= 0)
    status = H5Dread(dataset.id, H5T_STD_U8LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels);
  close_dataset(&dataset);
  return status;
}

int chdf5_read_reduced_image(
    int64_t file, const char *path, uint64_t height, uint64_t width, uint64_t factor,
    uint8_t *pixels) {
  uint8_t *whole = malloc((size_t)(3 * height * width));
  if (!whole || chdf5_read_image(file, path, whole) < 0) {
    free(whole);
    return -1;
  }
  for (uint64_t y = 0; y < height; y += factor)
    for (uint64_t x = 0; x < width; x += factor) {
      uint64_t bottom = y + factor < height ? y + factor : height;
      uint64_t right = x + factor < width ? x + factor : width;
      uint64_t count = (bottom - y) * (right - x), sums[3] = {0, 0, 0};
      for (uint64_t v = y; v < bottom; v++)
        for (uint64_t u = x; u < right; u++)
          for (int c = 0; c < 3; c++) sums[c] += whole[3 * (v * width + u) + c];
      for (int c = 0; c < 3; c++) *pixels++ = (uint8_t)((sums[c] + count / 2) / count);
    }
  free(whole);
  return 0;
}

char *chdf5_version(void) {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  char *text = calloc(40, 1);
  if (text) snprintf(text, 40, "%u.%u.%u", major, minor, release);
  return text;
}
