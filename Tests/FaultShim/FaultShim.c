#define _GNU_SOURCE
#include "FaultShim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum class { CHANGE, READ };

static atomic_long done;
static atomic_int full, sync_fails, isReady;
static long at = -1;
static int counted = CHANGE;
static char action[16];
static char count_path[PATH_MAX];
static int trace = -1;

#define REAL(type, name, ...)                                              \
  static type (*real)(__VA_ARGS__);                                        \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("FAULT_SHIM_OF");
  if (text && strcmp(text, "reads") == 0) counted = READ;
  if ((text = getenv("FAULT_SHIM_AT"))) at = atol(text);
  if ((text = getenv("FAULT_SHIM_DO"))) snprintf(action, sizeof action, "%s", text);
  if ((text = getenv("FAULT_SHIM_COUNT"))) snprintf(count_path, sizeof count_path, "%s", text);
  if ((text = getenv("FAULT_SHIM_TRACE")))
    trace = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  for (const char **name = (const char *[]){"LD_PRELOAD", "FAULT_SHIM_OF", "FAULT_SHIM_AT",
                                            "FAULT_SHIM_DO", "FAULT_SHIM_COUNT", "FAULT_SHIM_TRACE",
                                            NULL};
       *name; name++)
    unsetenv(*name);
  atomic_store(&isReady, 1);
}

__attribute__((destructor)) static void end(void) {
  if (!count_path[0]) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, count_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (file < 0) return;
  char text[32];
  int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&done));
  syscall(SYS_write, file, text, (size_t)length);
  syscall(SYS_close, file);
}

/* The path of an open file, for traces. */
static const char *path_of(int file, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  buffer[length < 0 ? 0 : length] = 0;
  return buffer;
}

/* Two interrupts that are two: to this thread, as one to the process that is still on its way
   swallows the next. */
static void interrupt_twice(void) {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &interrupt, NULL);
  raise(SIGINT);
  raise(SIGINT);
}

/* An operation is about to happen. */
static void operation(enum class class, const char *call, const char *path, const char *other) {
  if (!atomic_load(&isReady)) return;
  int saved = errno;
  if (trace >= 0 && class == CHANGE) {
    char line[3 * PATH_MAX];
    int length = snprintf(line, sizeof line, "%s %s%s%s\n", call, path ? path : "",
                          other ? " " : "", other ? other : "");
    syscall(SYS_write, trace, line, (size_t)length);
  }
  if ((int)class != counted) return;
  long number = atomic_fetch_add(&done, 1) + 1;
  pid_t self = getpid();
  if (number >= at && strcmp(action, "steps") == 0) kill(self, SIGSTOP);
  if (number == at) {
    if (strcmp(action, "kill") == 0) kill(self, SIGKILL);
    if (strcmp(action, "term") == 0) kill(self, SIGTERM);
    if (strcmp(action, "int") == 0) kill(self, SIGINT);
    if (strcmp(action, "int2") == 0) interrupt_twice();
    if (strcmp(action, "stop") == 0) kill(self, SIGSTOP);
    if (strcmp(action, "full") == 0) atomic_store(&full, 2);
    if (strcmp(action, "sync") == 0) atomic_store(&sync_fails, 1);
  }
  errno = saved;
}

static void operation_on(enum class class, const char *call, int file) {
  char path[PATH_MAX];
  operation(class, call, trace >= 0 ? path_of(file, path) : "", NULL);
}

/* Whether there is no room, which the caller then says. */
static int has_no_room(void) {
  if (!atomic_load(&full)) return 0;
  errno = ENOSPC;
  return 1;
}

/* Bytes of a write that a disk takes which is just getting full. */
static size_t room(size_t count) {
  int first = 2;
  return atomic_compare_exchange_strong(&full, &first, 1) ? count / 2 : 0;
}

/* Standard streams are no files of a run. */
static int is_file(int file) { return file > 2; }

static int open_file(int (*real)(int, const char *, int, ...), int folder, const char *path,
                     int flags, mode_t mode) {
  int changes = (flags & (O_CREAT | O_TRUNC)) != 0;
  operation(changes ? CHANGE : READ, "open", path, NULL);
  if ((flags & O_CREAT) && atomic_load(&full) && access(path, F_OK) != 0) return has_no_room(), -1;
  return real(folder, path, flags, mode);
}

#define MODE(flags)                                  \
  mode_t mode = 0;                                   \
  if ((flags) & (O_CREAT | O_TMPFILE)) {             \
    va_list list;                                    \
    va_start(list, flags);                           \
    mode = (mode_t)va_arg(list, int);                \
    va_end(list);                                    \
  }

static int real_openat(int folder, const char *path, int flags, ...) {
  MODE(flags);
  REAL(int, openat, int, const char *, int, ...);
  return real(folder, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  MODE(flags);
  return open_file(real_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags);
  return open_file(real_openat, AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  MODE(flags);
  return open_file(real_openat, folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags);
  return open_file(real_openat, folder, path, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (is_file(file)) {
    operation_on(CHANGE, "write", file);
    if (has_no_room()) {
      size_t some = room(count);
      return some ? real(file, bytes, some) : -1;
    }
  }
  return real(file, bytes, count);
}

static ssize_t write_at(int file, const void *bytes, size_t count, off_t offset) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  operation_on(CHANGE, "write", file);
  if (has_no_room()) {
    size_t some = room(count);
    return some ? real(file, bytes, some, offset) : -1;
  }
  return real(file, bytes, count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  return write_at(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  return write_at(file, bytes, count, offset);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  if (is_file(file)) {
    operation_on(CHANGE, "write", file);
    if (has_no_room()) return -1;
  }
  return real(file, parts, count);
}

static int cut(int file, off_t length) {
  REAL(int, ftruncate, int, off_t);
  operation_on(CHANGE, "truncate", file);
  struct stat status;
  if (atomic_load(&full) && fstat(file, &status) == 0 && length > status.st_size)
    return has_no_room(), -1;
  return real(file, length);
}

int ftruncate(int file, off_t length) { return cut(file, length); }
int ftruncate64(int file, off64_t length) { return cut(file, length); }

static int flush(int file) {
  REAL(int, fsync, int);
  operation_on(CHANGE, "fsync", file);
  if (atomic_exchange(&sync_fails, 0)) {
    errno = EIO;
    return -1;
  }
  return real(file);
}

int fsync(int file) { return flush(file); }
int fdatasync(int file) { return flush(file); }

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  operation(CHANGE, "rename", from, to);
  return real(from, to);
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  operation(CHANGE, "unlink", path, NULL);
  return real(path);
}

int unlinkat(int folder, const char *path, int flags) {
  REAL(int, unlinkat, int, const char *, int);
  operation(CHANGE, "unlink", path, NULL);
  return real(folder, path, flags);
}

int remove(const char *path) {
  REAL(int, remove, const char *);
  operation(CHANGE, "unlink", path, NULL);
  return real(path);
}

int rmdir(const char *path) {
  REAL(int, rmdir, const char *);
  operation(CHANGE, "rmdir", path, NULL);
  return real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  operation(CHANGE, "mkdir", path, NULL);
  return atomic_load(&full) && access(path, F_OK) != 0 ? (has_no_room(), -1) : real(path, mode);
}

ssize_t read(int file, void *bytes, size_t count) {
  REAL(ssize_t, read, int, void *, size_t);
  if (is_file(file)) operation_on(READ, "read", file);
  return real(file, bytes, count);
}

static ssize_t read_at(int file, void *bytes, size_t count, off_t offset) {
  REAL(ssize_t, pread, int, void *, size_t, off_t);
  operation_on(READ, "read", file);
  return real(file, bytes, count, offset);
}

ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
  return read_at(file, bytes, count, offset);
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t offset) {
  return read_at(file, bytes, count, offset);
}

static void *map(void *place, size_t length, int protection, int flags, int file, off_t offset) {
  REAL(void *, mmap, void *, size_t, int, int, int, off_t);
  if (is_file(file)) operation_on(READ, "map", file);
  return real(place, length, protection, flags, file, offset);
}

void *mmap(void *place, size_t length, int protection, int flags, int file, off_t offset) {
  return map(place, length, protection, flags, file, offset);
}

void *mmap64(void *place, size_t length, int protection, int flags, int file, off64_t offset) {
  return map(place, length, protection, flags, file, offset);
}
