/* LMDB, and what a store on disk needs besides: its directory, its lock, a condition variable. */
#include <lmdb.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Swift cannot call a function with a variable number of arguments. */
static inline int storage_open(const char *path, int flags) { return open(path, flags); }

/* Swift cannot see through the macro. */
static inline int storage_errno(void) { return errno; }
