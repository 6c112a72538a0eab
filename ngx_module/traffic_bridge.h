/*
 * The seam between the shim's counting and the engine's numbers; see bridge.h
 * for the rules and engine/traffic.h for the meaning.
 */
#ifndef USHER_TRAFFIC_BRIDGE_H
#define USHER_TRAFFIC_BRIDGE_H

#include "bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { USHER_WAIT_FOLLOWER, USHER_WAIT_HELD } usher_wait_t;

enum { USHER_CMCD_HEADERS = 4 };

typedef struct {
  usher_view_t path; /* canonical */
  int status;
  int cache_status; /* nginx's NGX_HTTP_CACHE_*, 0: no cache was asked */
  int coalesced;    /* waited for another's fetch */
  uint64_t bytes;
  uint64_t now; /* UNIX milliseconds */
  /* where the player may have said something: raw query, CMCD headers */
  usher_view_t query;
  usher_view_t cmcd[USHER_CMCD_HEADERS];
  size_t cmcd_count;
} usher_served_t;

size_t usher_traffic_size(void) USHER_NOEXCEPT;
usher_traffic_t* usher_traffic_format(void* memory) USHER_NOEXCEPT;

/* `process`: the worker's place among the master's processes. */
void usher_traffic_start(usher_traffic_t* traffic,
                         unsigned process) USHER_NOEXCEPT;
void usher_traffic_served(usher_traffic_t* traffic,
                          const usher_served_t* served) USHER_NOEXCEPT;
void usher_traffic_fetched(usher_traffic_t* traffic, usher_view_t path,
                           int status, uint64_t bytes) USHER_NOEXCEPT;
/* `refusal` as usher_hop_check() has it. */
void usher_traffic_hop_refused(usher_traffic_t* traffic,
                               int refusal) USHER_NOEXCEPT;
void usher_traffic_park(usher_traffic_t* traffic, unsigned process,
                        usher_wait_t wait) USHER_NOEXCEPT;
void usher_traffic_unpark(usher_traffic_t* traffic, unsigned process,
                          usher_wait_t wait, uint64_t waited) USHER_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* USHER_TRAFFIC_BRIDGE_H */
