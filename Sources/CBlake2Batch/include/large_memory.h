#ifndef LIVESYNC_LARGE_MEMORY_H
#define LIVESYNC_LARGE_MEMORY_H

#include <stddef.h>

/// `bytes` bytes of zeroed memory at a page boundary, in huge pages where the kernel has them, so
/// that random access needs fewer address translations. NULL if there is no more.
void *livesync_map(size_t bytes);

/// Changes the size of memory from livesync_map from `bytes` to `grown` bytes, perhaps at another
/// address. Nothing is copied: the pages are moved. NULL if there is no more; then nothing changed.
void *livesync_remap(void *memory, size_t bytes, size_t grown);

/// Gives memory from livesync_map back.
void livesync_unmap(void *memory, size_t bytes);

#endif
