/*
 * The seam between the shim's header filter and the engine's cache lifetimes;
 * see bridge.h for the rules and engine/lifetime.h for the meaning.
 */
#ifndef USHER_LIFETIME_BRIDGE_H
#define USHER_LIFETIME_BRIDGE_H

#include <stdint.h>

#include "bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int decided;
  uint32_t seconds;           /* 0: not to be kept */
  usher_view_t cache_control; /* static; empty: as it is */
} usher_lifetime_t;

/* `upstream`: seconds the answer is fresh by its own header; -1: it has none.
 */
usher_lifetime_t usher_lifetime(usher_view_t path, usher_view_t args,
                                int status, int64_t upstream) USHER_NOEXCEPT;

/* What an origin may hold until it is there: a blocking playlist reload or a
 * part (RFC 8216bis 6.2.5.2, 6.2.6). `args` are canonical. */
int usher_may_be_held(usher_view_t path, usher_view_t args) USHER_NOEXCEPT;

/* Whether who plays live would rather wait for it than be told that the origin
 * is away: those, and a list asked for with any delivery directive. */
int usher_may_wait(usher_view_t path, usher_view_t args) USHER_NOEXCEPT;

/* A playlist or MPD that is answered as it is: not one that its origin holds
 * until it is newer (RFC 8216bis 6.2.5.2). `args` are canonical. */
int usher_is_prompt_playlist(usher_view_t path,
                             usher_view_t args) USHER_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* USHER_LIFETIME_BRIDGE_H */
