#include "blake2b_batch.h"

#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

// Several independent BLAKE2b computations in the lanes of one vector register: word i of all
// states sits in register i, so each instruction works for all messages. The kernel is written once
// over the compiler's vector type and compiled for two widths.

enum { BLOCK = 128, WORDS = 16, LANES_MAX = 8 };

static const uint64_t initial[8] = {
    0x6a09e667f3bcc908ULL, 0xbb67ae8584caa73bULL, 0x3c6ef372fe94f82bULL, 0xa54ff53a5f1d36f1ULL,
    0x510e527fade682d1ULL, 0x9b05688c2b3e6c1fULL, 0x1f83d9abfb41bd6bULL, 0x5be0cd19137e2179ULL};

// Parameter block of an unkeyed, sequential hash with a result of 32 bytes.
static const uint64_t parameters = 0x01010000ULL ^ 32;

// The message schedule of RFC 7693, section 2.7; rounds 10 and 11 repeat rounds 0 and 1.
#define SCHEDULE(ROUND)                                         \
  ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)   \
  ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)   \
  ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)   \
  ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)   \
  ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)   \
  ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)   \
  ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)   \
  ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)   \
  ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)   \
  ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)   \
  ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)   \
  ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (64 - (n))))

#define MIX(a, b, c, d, x, y) \
  a += b + (x);               \
  d = ROTATE(d ^ a, 32);      \
  c += d;                     \
  b = ROTATE(b ^ c, 24);      \
  a += b + (y);               \
  d = ROTATE(d ^ a, 16);      \
  c += d;                     \
  b = ROTATE(b ^ c, 63);

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15) \
  MIX(v0, v4, v8, v12, m[s0], m[s1])                                                \
  MIX(v1, v5, v9, v13, m[s2], m[s3])                                                \
  MIX(v2, v6, v10, v14, m[s4], m[s5])                                               \
  MIX(v3, v7, v11, v15, m[s6], m[s7])                                               \
  MIX(v0, v5, v10, v15, m[s8], m[s9])                                               \
  MIX(v1, v6, v11, v12, m[s10], m[s11])                                             \
  MIX(v2, v7, v8, v13, m[s12], m[s13])                                              \
  MIX(v3, v4, v9, v14, m[s14], m[s15])

// Word i of the blocks at `from` becomes the lanes of m[i]. Four lanes are transposed in registers;
// wider vectors go through memory, word by word.
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#define GATHER4                                             \
  for (int word = 0; word < WORDS; word += 4) {             \
    vector a, b, c, d;                                      \
    memcpy(&a, from[0] + 8 * word, sizeof(vector));         \
    memcpy(&b, from[1] + 8 * word, sizeof(vector));         \
    memcpy(&c, from[2] + 8 * word, sizeof(vector));         \
    memcpy(&d, from[3] + 8 * word, sizeof(vector));         \
    vector low_ab = SHUFFLE(a, b, 0, 4, 2, 6);              \
    vector high_ab = SHUFFLE(a, b, 1, 5, 3, 7);             \
    vector low_cd = SHUFFLE(c, d, 0, 4, 2, 6);              \
    vector high_cd = SHUFFLE(c, d, 1, 5, 3, 7);             \
    m[word] = SHUFFLE(low_ab, low_cd, 0, 1, 4, 5);          \
    m[word + 1] = SHUFFLE(high_ab, high_cd, 0, 1, 4, 5);    \
    m[word + 2] = SHUFFLE(low_ab, low_cd, 2, 3, 6, 7);      \
    m[word + 3] = SHUFFLE(high_ab, high_cd, 2, 3, 6, 7);    \
  }
#define GATHER8                                                                  \
  uint64_t words[WORDS][LANES_MAX] __attribute__((aligned(64)));                 \
  for (int lane = 0; lane < LANES_MAX; lane++)                                   \
    for (int word = 0; word < WORDS; word++)                                     \
      memcpy(&words[word][lane], from[lane] + 8 * word, 8);                      \
  for (int word = 0; word < WORDS; word++) memcpy(&m[word], words[word], sizeof(vector));

// What lanes read that have no (more) message.
static const uint8_t no_block[BLOCK] __attribute__((aligned(64))) = {0};

#define DEFINE_KERNEL(NAME, LANES, GATHER, TARGET)                                              \
  typedef uint64_t NAME##_vector __attribute__((vector_size(8 * LANES)));                       \
  __attribute__((target(TARGET))) static void NAME(const uint8_t *const *messages,              \
                                                   const size_t *lengths, size_t count,         \
                                                   uint8_t *hashes) {                           \
    typedef NAME##_vector vector;                                                               \
    vector h[8];                                                                                \
    for (int i = 0; i < 8; i++) h[i] = (vector){0} + initial[i];                                \
    h[0] ^= parameters;                                                                         \
    size_t blocks[LANES];                                                                       \
    size_t most = 1;                                                                            \
    for (size_t lane = 0; lane < LANES; lane++) {                                               \
      size_t length = lane < count ? lengths[lane] : 0;                                         \
      blocks[lane] = length <= BLOCK ? 1 : (length + BLOCK - 1) / BLOCK;                        \
      if (blocks[lane] > most) most = blocks[lane];                                             \
    }                                                                                           \
    for (size_t block = 0; block < most; block++) {                                             \
      const uint8_t *from[LANES];                                                               \
      vector counter, final;                                                                    \
      for (size_t lane = 0; lane < LANES; lane++) {                                             \
        int is_last = block + 1 == blocks[lane];                                                \
        from[lane] =                                                                            \
            lane < count && block < blocks[lane] ? messages[lane] + block * BLOCK : no_block;   \
        counter[lane] = is_last && lane < count ? lengths[lane] : (block + 1) * BLOCK;          \
        final[lane] = is_last ? ~0ULL : 0;                                                      \
      }                                                                                         \
      vector m[WORDS];                                                                          \
      GATHER                                                                                    \
      vector v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6],       \
             v7 = h[7];                                                                         \
      vector zero = {0};                                                                        \
      vector v8 = zero + initial[0], v9 = zero + initial[1], v10 = zero + initial[2],           \
             v11 = zero + initial[3], v12 = counter ^ initial[4], v13 = zero + initial[5],      \
             v14 = final ^ initial[6], v15 = zero + initial[7];                                 \
      SCHEDULE(ROUND)                                                                           \
      h[0] ^= v0 ^ v8;                                                                          \
      h[1] ^= v1 ^ v9;                                                                          \
      h[2] ^= v2 ^ v10;                                                                         \
      h[3] ^= v3 ^ v11;                                                                         \
      h[4] ^= v4 ^ v12;                                                                         \
      h[5] ^= v5 ^ v13;                                                                         \
      h[6] ^= v6 ^ v14;                                                                         \
      h[7] ^= v7 ^ v15;                                                                         \
      for (size_t lane = 0; lane < count; lane++)                                               \
        if (block + 1 == blocks[lane])                                                          \
          for (int word = 0; word < 4; word++) {                                                \
            uint64_t value = h[word][lane];                                                     \
            memcpy(hashes + 32 * lane + 8 * word, &value, 8);                                   \
          }                                                                                     \
    }                                                                                           \
  }

#if defined(__x86_64__)
DEFINE_KERNEL(hash4, 4, GATHER4, "avx2")
DEFINE_KERNEL(hash8, 8, GATHER8, "avx512f,avx512vl")
#endif

int blake2b256_lanes(void) {
#if defined(__x86_64__)
  static int lanes = -1;
  int known = __atomic_load_n(&lanes, __ATOMIC_RELAXED);
  if (known < 0) {
    __builtin_cpu_init();
    known = 0;
    if (__builtin_cpu_supports("avx2")) known = 4;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) known = 8;
    __atomic_store_n(&lanes, known, __ATOMIC_RELAXED);
  }
  return known;
#else
  return 0;
#endif
}

void blake2b256_batch(const uint8_t *const *messages, const size_t *lengths, size_t count,
                      uint8_t *hashes) {
#if defined(__x86_64__)
  if (blake2b256_lanes() == 8)
    hash8(messages, lengths, count, hashes);
  else
    hash4(messages, lengths, count, hashes);
#else
  (void)messages, (void)lengths, (void)count, (void)hashes;
#endif
}

void livesync_advise_huge_pages(void *address, size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // A kernel without huge pages refuses; then ordinary pages do.
  (void)madvise(address, bytes, MADV_HUGEPAGE);
#else
  (void)address, (void)bytes;
#endif
}
