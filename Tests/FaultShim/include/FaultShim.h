/* A library that tests preload into the programs (LD_PRELOAD): it counts what they do to files and
 * disturbs them at the n-th operation, so that a fault can be put at any place of a run and comes
 * back at the same one. Set by the environment, which it removes so that children are left alone:
 *
 *   FAULT_SHIM_OF     changes (default): files are created, written, cut, flushed, renamed, removed;
 *                     reads: files are opened to be read, read and mapped
 *   FAULT_SHIM_AT     the operation before which it acts, counted from 1
 *   FAULT_SHIM_DO     kill, term, int, int2 (twice), stop: sends itself the signal;
 *                     steps: stops, and from then on before each operation;
 *                     full: from then on nothing can be created or written, as on a full disk, where
 *                     the first write still takes one half; sync: the next flush fails
 *   FAULT_SHIM_COUNT  a file that the number of operations is written to when the program exits
 *   FAULT_SHIM_TRACE  a file that takes a line per change: the call and the paths
 */
#ifndef FAULT_SHIM_H
#define FAULT_SHIM_H
#endif
