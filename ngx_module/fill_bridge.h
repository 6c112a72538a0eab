/*
 * The seam between the shim's coalescing and the engine's table of fills; see
 * bridge.h for the rules and engine/fill_table.h for the meaning.
 *
 * `table` is shared memory, 8-byte aligned. The caller holds its lock for each
 * call except minimum, format and usable. Times are Unix milliseconds.
 */
#ifndef USHER_FILL_BRIDGE_H
#define USHER_FILL_BRIDGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define USHER_FILL_NOEXCEPT noexcept
#else
#define USHER_FILL_NOEXCEPT
#endif

enum { USHER_FILL_KEY_SIZE = 16 };

typedef enum {
  USHER_FILL_LEAD,
  USHER_FILL_FOLLOW,
  USHER_FILL_FRESH,
  USHER_FILL_PASS,
  USHER_FILL_BYPASS,
  USHER_FILL_REFUSE,
  USHER_FILL_SPARE,
  USHER_FILL_FULL
} usher_fill_step_t;

typedef enum {
  USHER_FILL_STORED,
  USHER_FILL_FAILED,
  USHER_FILL_ABANDONED,
  USHER_FILL_UNCACHEABLE,
  USHER_FILL_STALE,
  USHER_FILL_UNSHARED
} usher_fill_outcome_t;

typedef struct {
  usher_fill_step_t step;
  uint64_t fill;
  int lock_left;
} usher_fill_entry_t;

size_t usher_fill_minimum(void) USHER_FILL_NOEXCEPT;
void usher_fill_format(void* table, size_t size) USHER_FILL_NOEXCEPT;
int usher_fill_usable(const void* table) USHER_FILL_NOEXCEPT;

usher_fill_entry_t usher_fill_enter(void* table,
                                    const uint8_t key[USHER_FILL_KEY_SIZE],
                                    int32_t pid, int64_t now,
                                    int missed) USHER_FILL_NOEXCEPT;
int usher_fill_under_way(void* table, const uint8_t key[USHER_FILL_KEY_SIZE],
                         uint64_t fill, int64_t now) USHER_FILL_NOEXCEPT;
int usher_fill_end(void* table, const uint8_t key[USHER_FILL_KEY_SIZE],
                   uint64_t fill, usher_fill_outcome_t outcome,
                   int64_t fresh_until, int64_t now) USHER_FILL_NOEXCEPT;
/* Ends the fills of processes of this machine that are no more. */
int usher_fill_end_of_dead(void* table, int64_t now) USHER_FILL_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* USHER_FILL_BRIDGE_H */
