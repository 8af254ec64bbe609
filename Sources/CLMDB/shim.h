/* LMDB, and what a store on disk needs besides: its directory, its lock, a condition variable,
   room on the disk. */
#include <lmdb.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Swift cannot call a function with a variable number of arguments. */
static inline int storage_open(const char *path, int flags, mode_t mode) {
  return open(path, flags, mode);
}

/* Swift cannot see through the macro. */
static inline int storage_errno(void) { return errno; }

/* The length in bytes above which no file may be written by this process; a write behind it would
   end the process by a signal. */
static inline unsigned long long storage_file_bytes_max(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

/* In glibc, but shown only to programs that ask for its extensions. */
extern int fallocate(int file, int mode, off_t start, off_t count);

/* Reserves blocks without making the file longer; gives them back. */
static inline int storage_reserve(int file, off_t start, off_t count) {
  return fallocate(file, FALLOC_FL_KEEP_SIZE, start, count);
}
static inline int storage_release(int file, off_t start, off_t count) {
  return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, count);
}
