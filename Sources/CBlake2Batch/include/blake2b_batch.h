#ifndef LIVESYNC_BLAKE2B_BATCH_H
#define LIVESYNC_BLAKE2B_BATCH_H

#include <stddef.h>
#include <stdint.h>

/// Number of messages that blake2b256_batch hashes side by side on this processor: 8 with AVX-512,
/// 4 with AVX2, 0 where neither is there and the caller has to hash one by one.
int blake2b256_lanes(void);

/// BLAKE2b with a 32-byte result and no key (RFC 7693) of `count` messages at once.
///
/// `count` may be 1 to blake2b256_lanes(). Messages may differ in length; equal numbers of 128-byte
/// blocks are fastest. Message `i` is `lengths[i]` bytes at `messages[i]`, followed by zeros up to a
/// whole number of 128-byte blocks (at least one); its hash goes to the 32 bytes at
/// `hashes + 32 * i`.
void blake2b256_batch(const uint8_t *const *messages, const size_t *lengths, size_t count,
                      uint8_t *hashes);

/// Asks the processor to bring the memory at `address` closer; a hint without effect on results.
static inline void livesync_prefetch(const void *address) { __builtin_prefetch(address); }

/// Asks the kernel to back `bytes` bytes at `address` with huge pages, so that random access needs
/// fewer address translations; a hint without effect on results.
void livesync_advise_huge_pages(void *address, size_t bytes);

#endif
