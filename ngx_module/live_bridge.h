/*
 * The seam between the shim's held requests and the engine's live playlists;
 * see bridge.h for the rules and engine/live_playlist.h for the meaning.
 */
#ifndef USHER_LIVE_BRIDGE_H
#define USHER_LIVE_BRIDGE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One per worker. Null where memory is out. */
typedef struct usher_live_s usher_live_t;

usher_live_t* usher_live_create(void) USHER_NOEXCEPT;
void usher_live_destroy(usher_live_t* live) USHER_NOEXCEPT;

typedef enum {
  USHER_LIVE_DECLINE, /* nothing to do with it: as without the directive */
  USHER_LIVE_SEND,    /* `body`, until usher_live_release(held) */
  USHER_LIVE_HOLD,    /* ask again when a file of its directory changed */
  USHER_LIVE_BAD,     /* 400 */
  USHER_LIVE_MISSING, /* 404, which nobody may keep */
  USHER_LIVE_STALLED  /* 503: to be asked for again soon */
} usher_live_step_t;

/* Keeps a body alive. */
typedef struct usher_live_body_s usher_live_body_t;

typedef struct {
  usher_live_step_t step;
  usher_view_t body;
  usher_live_body_t* held;
  time_t modified;
  uint32_t max_age;  /* seconds a cache may keep the body; 0: not at all */
  uint32_t patience; /* USHER_LIVE_HOLD: seconds until it is in vain */
} usher_live_answer_t;

/* Beside the requested file itself, the one of its directory that tells what
 * may be held. */
#define USHER_LIVE_PLAYLIST "media.m3u8"

/* `path` is the request's canonical URI below `directory`, `args` its query.
 * With `at_once` nothing is held: what there is, is sent. */
void usher_live_ask(usher_live_t* live, usher_view_t directory,
                    usher_view_t path, usher_view_t args, int at_once,
                    usher_live_answer_t* answer) USHER_NOEXCEPT;
void usher_live_release(usher_live_body_t* held) USHER_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* USHER_LIVE_BRIDGE_H */
