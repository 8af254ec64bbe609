#define _GNU_SOURCE
#include "large_memory.h"

#include <sys/mman.h>

static void *advised(void *memory, size_t bytes) {
  if (memory == MAP_FAILED) return NULL;
  // A kernel without huge pages refuses; then ordinary pages do.
  (void)madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void *livesync_map(size_t bytes) {
  return advised(
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), bytes);
}

void *livesync_remap(void *memory, size_t bytes, size_t grown) {
  return advised(mremap(memory, bytes, grown, MREMAP_MAYMOVE), grown);
}

void livesync_unmap(void *memory, size_t bytes) {
  (void)munmap(memory, bytes);
}
