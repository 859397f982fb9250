/* Files mapped into memory, and what becomes of a process whose file is cut short beneath it. */
#ifndef CFILEMAP_H
#define CFILEMAP_H

#include <stddef.h>

/* Maps `length` > 0 bytes of an open file: readable, writable into private copies of its pages.
 * NULL where that fails or too many are mapped; the file is then to be read instead. `path` is
 * copied. */
void *cfilemap_map(int descriptor, size_t length, const char *path);
void cfilemap_unmap(void *start, size_t length);

/* Reading a page that a shortened file no longer has raises SIGBUS. From now on such a fault
 * ends the process with `code` after one line that names the file. */
void cfilemap_report_faults(int code);

#endif
