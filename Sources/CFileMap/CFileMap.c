#define _GNU_SOURCE
#include "CFileMap.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { places = 256 };

/* A place is taken while `path` is set; the handler reads it without a lock. */
static struct {
  _Atomic(uintptr_t) start;
  _Atomic(size_t) length;
  _Atomic(char *) path;
} maps[places];

static char reserved; /* its address marks a place that is being filled or emptied */
static int fault_code;

void *cfilemap_map(int descriptor, size_t length, const char *path) {
  for (int i = 0; i < places; i++) {
    char *expected = NULL;
    if (!atomic_compare_exchange_strong(&maps[i].path, &expected, &reserved)) continue;
    char *copy = strdup(path);
    void *start = copy ? mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
                              descriptor, 0)
                       : MAP_FAILED;
    if (start == MAP_FAILED) {
      free(copy);
      atomic_store(&maps[i].path, NULL);
      return NULL;
    }
    atomic_store(&maps[i].start, (uintptr_t)start);
    atomic_store(&maps[i].length, length);
    atomic_store(&maps[i].path, copy);
    return start;
  }
  return NULL;
}

void cfilemap_unmap(void *start, size_t length) {
  for (int i = 0; i < places; i++) {
    char *path = atomic_load(&maps[i].path);
    if (!path || path == &reserved || atomic_load(&maps[i].start) != (uintptr_t)start) continue;
    atomic_store(&maps[i].path, &reserved);
    atomic_store(&maps[i].start, 0);
    atomic_store(&maps[i].length, 0);
    free(path);
    atomic_store(&maps[i].path, NULL);
    break;
  }
  munmap(start, length);
}

static void say(const char *text) {
  size_t left = strlen(text);
  while (left > 0) {
    ssize_t written = write(STDERR_FILENO, text, left);
    if (written <= 0) return;
    text += written;
    left -= (size_t)written;
  }
}

/* Only what is safe in a signal handler. */
static void on_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  uintptr_t address = (uintptr_t)info->si_addr;
  for (int i = 0; i < places; i++) {
    char *path = atomic_load(&maps[i].path);
    if (!path || path == &reserved) continue;
    uintptr_t start = atomic_load(&maps[i].start);
    if (address < start || address - start >= atomic_load(&maps[i].length)) continue;
    say("error: ");
    say(path);
    say(": the file was cut short or its disk failed while it was read; copy it again and rerun\n");
    _exit(fault_code);
  }
  signal(number, SIG_DFL); /* not ours: the fault repeats and ends the process as it always did */
}

void cfilemap_report_faults(int code) {
  fault_code = code;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, NULL);
}
