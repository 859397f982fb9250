#include "CHDF5.h"
#include "Errors.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

static char message[512];

/* A file that could not be written stays open in the library, which would try it again when the
 * process ends, and crash. Files are closed by us alone. */
__attribute__((constructor)) static void leave_the_end_to_us(void) { H5dont_atexit(); }

static herr_t keep_innermost(unsigned depth, const H5E_error2_t *error, void *context) {
  (void)context;
  if (depth == 0 && error->desc) strncpy(message, error->desc, sizeof message - 1);
  return 0;
}

/* Called where a function of the library fails; what is called after it to tidy up clears the
 * library's own record. */
static herr_t keep_first(hid_t errors, void *context) {
  if (!message[0]) H5Ewalk2(errors, H5E_WALK_UPWARD, keep_innermost, context);
  return 0;
}

const char *chdf5_message(void) { return message[0] ? message : "unknown HDF5 error"; }

/* HDF5 would print its errors to stderr, thread by thread. */
void chdf5_silence(void) {
  H5open();
  H5Eset_auto2(H5E_DEFAULT, keep_first, NULL);
  H5Eclear2(H5E_DEFAULT);
  message[0] = 0;
}

/* Access without HDF5's own lock. Ours are made under a temporary name and renamed, and are never
   changed after: a lock guards nothing, and one whose descriptor a child process inherits
   shuts the file to everybody until that process ends. */
static hid_t unlocked(void) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access >= 0 && H5Pset_file_locking(access, false, true) < 0) {
    H5Pclose(access);
    return -1;
  }
  return access;
}

int64_t chdf5_create(const char *path, uint64_t user_block) {
  chdf5_silence();
  hid_t properties = H5Pcreate(H5P_FILE_CREATE);
  hid_t file = -1, access = unlocked();
  if (access >= 0 && H5Pset_userblock(properties, user_block) >= 0 &&
      H5Pset_obj_track_times(properties, false) >= 0)
    file = H5Fcreate(path, H5F_ACC_TRUNC, properties, access);
  if (access >= 0) H5Pclose(access);
  H5Pclose(properties);
  return file;
}

int64_t chdf5_open(const char *path) {
  chdf5_silence();
  hid_t access = unlocked();
  if (access < 0) return -1;
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  return file;
}

int chdf5_close(int64_t file) {
  chdf5_silence();
  return H5Fclose(file);
}

/* A type handle to close, or a negative number. size 0 means variable length. */
static hid_t text_type(size_t size) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (H5Tset_size(type, size ? size : H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
      H5Tset_strpad(type, size ? H5T_STR_NULLPAD : H5T_STR_NULLTERM) < 0) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

static int put(hid_t object, const char *name, hid_t stored, hid_t memory, const void *value) {
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
  int status = attribute < 0 ? -1 : H5Awrite(attribute, memory, value);
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  return status;
}

int chdf5_put_text(int64_t object, const char *name, const char *text) {
  chdf5_silence();
  hid_t type = text_type(0);
  if (type < 0) return -1;
  int status = put(object, name, type, type, &text);
  H5Tclose(type);
  return status;
}

int chdf5_put_integer(int64_t file, const char *name, int64_t value) {
  chdf5_silence();
  return put(file, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

int chdf5_put_double(int64_t file, const char *name, double value) {
  chdf5_silence();
  return put(file, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

int chdf5_create_dataset(
    int64_t file, const char *name, const char *description, chdf5_dataset *dataset) {
  chdf5_silence();
  hid_t type = dataset->type == CHDF5_FLOAT32 ? H5Tcopy(H5T_IEEE_F32LE)
               : dataset->type == CHDF5_FLOAT64 ? H5Tcopy(H5T_IEEE_F64LE)
               : dataset->type == CHDF5_INT32 ? H5Tcopy(H5T_STD_I32LE)
                                              : text_type(dataset->element_size);
  hsize_t dimensions[CHDF5_MAX_RANK];
  if (type < 0 || dataset->rank < 1 || dataset->rank > CHDF5_MAX_RANK) return -1;
  for (int i = 0; i < dataset->rank; i++) dimensions[i] = dataset->dimensions[i];
  hid_t space = H5Screate_simple(dataset->rank, dimensions, NULL);
  hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  hid_t id = -1;
  int status = -1;
  if (space >= 0 && H5Pset_layout(properties, H5D_CONTIGUOUS) >= 0 &&
      H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY) >= 0 &&
      H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER) >= 0 &&
      H5Pset_obj_track_times(properties, false) >= 0)
    id = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  if (id >= 0) {
    status = chdf5_put_text(id, "description", description);
    dataset->offset = H5Dget_offset(id);
    dataset->is_contiguous = dataset->offset != HADDR_UNDEF;
    if (!dataset->is_contiguous) status = -1;
    if (H5Dclose(id) < 0) status = -1;
  }
  H5Pclose(properties);
  if (space >= 0) H5Sclose(space);
  H5Tclose(type);
  return status;
}

static chdf5_type kind(hid_t type) {
  if (H5Tequal(type, H5T_IEEE_F32LE) > 0) return CHDF5_FLOAT32;
  if (H5Tequal(type, H5T_IEEE_F64LE) > 0) return CHDF5_FLOAT64;
  if (H5Tequal(type, H5T_STD_I32LE) > 0) return CHDF5_INT32;
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0) return CHDF5_TEXT;
  return CHDF5_OTHER;
}

int chdf5_get_dataset(int64_t file, const char *name, chdf5_dataset *dataset) {
  chdf5_silence();
  hid_t id = H5Dopen2(file, name, H5P_DEFAULT);
  if (id < 0) return -1;
  int status = -1;
  hid_t type = H5Dget_type(id), space = H5Dget_space(id), properties = H5Dget_create_plist(id);
  if (type >= 0 && space >= 0 && properties >= 0) {
    hsize_t dimensions[CHDF5_MAX_RANK];
    dataset->type = kind(type);
    dataset->element_size = H5Tget_size(type);
    dataset->rank = H5Sget_simple_extent_ndims(space);
    if (dataset->rank >= 0 && dataset->rank <= CHDF5_MAX_RANK &&
        H5Sget_simple_extent_dims(space, dimensions, NULL) >= 0) {
      for (int i = 0; i < dataset->rank; i++) dataset->dimensions[i] = dimensions[i];
      dataset->offset = H5Dget_offset(id);
      dataset->is_contiguous = H5Pget_layout(properties) == H5D_CONTIGUOUS &&
                               H5Pget_external_count(properties) == 0 &&
                               dataset->offset != HADDR_UNDEF;
      status = 0;
    }
  }
  if (properties >= 0) H5Pclose(properties);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Dclose(id);
  return status;
}

/* Opens an attribute that holds one value; a negative number where there is none. */
static hid_t open_scalar(hid_t file, const char *name) {
  hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
  if (attribute < 0) return -1;
  hid_t space = H5Aget_space(attribute);
  bool scalar = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
  if (space >= 0) H5Sclose(space);
  if (scalar) return attribute;
  H5Aclose(attribute);
  return -1;
}

char *chdf5_get_text(int64_t file, const char *name) {
  chdf5_silence();
  hid_t attribute = open_scalar(file, name);
  if (attribute < 0) return NULL;
  hid_t type = H5Aget_type(attribute);
  char *text = NULL;
  if (type >= 0 && H5Tget_class(type) == H5T_STRING) {
    if (H5Tis_variable_str(type) > 0) {
      char *stored = NULL;
      if (H5Aread(attribute, type, &stored) >= 0 && stored) text = strdup(stored);
      if (stored) H5free_memory(stored);
    } else {
      text = calloc(H5Tget_size(type) + 1, 1);
      if (text && H5Aread(attribute, type, text) < 0) {
        free(text);
        text = NULL;
      }
    }
  }
  if (type >= 0) H5Tclose(type);
  H5Aclose(attribute);
  return text;
}

static int get(hid_t file, const char *name, hid_t memory, void *value) {
  hid_t attribute = open_scalar(file, name);
  if (attribute < 0) return -1;
  int status = H5Aread(attribute, memory, value);
  H5Aclose(attribute);
  return status;
}

int chdf5_get_integer(int64_t file, const char *name, int64_t *value) {
  chdf5_silence();
  return get(file, name, H5T_NATIVE_INT64, value);
}

int chdf5_get_double(int64_t file, const char *name, double *value) {
  chdf5_silence();
  return get(file, name, H5T_NATIVE_DOUBLE, value);
}
