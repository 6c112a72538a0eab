/*
 * The seam between the shim and the authentication of boxes to each other; see
 * bridge.h for the rules and core/hop/hop.h for the meaning.
 */
#ifndef USHER_HOP_BRIDGE_H
#define USHER_HOP_BRIDGE_H

#include <stddef.h>
#include <stdint.h>

#include "bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { USHER_HOP_CAPACITY = 512, USHER_CDN_ID_CAPACITY = 32 };

typedef struct {
  usher_view_t method;
  usher_view_t host;
  usher_view_t path; /* canonical */
  usher_view_t args;
  usher_view_t credential; /* signed where `path` is a key's */
  usher_view_t body;       /* signed where that key is asked for by POST */
} usher_hop_message_t;

/* The header's value. 0, or -1 where there is nothing to sign with. */
int usher_hop_sign(usher_file_t* secrets, const usher_hop_message_t* message,
                   int64_t now, usher_buffer_t* header) USHER_NOEXCEPT;

typedef enum {
  USHER_HOP_GOOD,
  USHER_HOP_REFUSED, /* `refusal` */
  USHER_HOP_DENIED   /* a key, and the viewer's session is not good: `denial` */
} usher_hop_verdict_t;

typedef struct {
  usher_hop_verdict_t verdict;
  int refusal;
  int denial;
  usher_view_t credential; /* of the header */
  int has_body;
  uint8_t body[32]; /* its digest */
} usher_hop_t;

/* `message` needs no credential and no body. `sessions`, the secrets that a
 * key's session is checked with, may be null. `nonces` is shared memory of
 * `size` bytes, whose lock the caller holds. */
void usher_hop_check(usher_file_t* secrets, usher_file_t* sessions,
                     const usher_hop_message_t* message, usher_view_t header,
                     void* nonces, size_t size, int64_t now,
                     usher_hop_t* hop) USHER_NOEXCEPT;

/* Whether `body` is what the header was signed for. */
int usher_hop_body_matches(const uint8_t digest[32],
                           usher_view_t body) USHER_NOEXCEPT;

size_t usher_hop_nonces_minimum(void) USHER_NOEXCEPT;
void usher_hop_nonces_format(void* nonces, size_t size) USHER_NOEXCEPT;
int usher_hop_nonces_usable(void* nonces, size_t size) USHER_NOEXCEPT;

extern const int usher_hop_loop;
extern const int usher_hop_invalid;
const char* usher_hop_code(int refusal) USHER_NOEXCEPT;
int usher_hop_status(int refusal) USHER_NOEXCEPT;
const char* usher_hop_sentence(int refusal) USHER_NOEXCEPT;

/* CDN-Loop (RFC 8586): the name of the server `description` tells apart. */
int usher_cdn_id(usher_view_t description, usher_buffer_t* id) USHER_NOEXCEPT;
int usher_cdn_passed(usher_view_t header, usher_view_t id) USHER_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* USHER_HOP_BRIDGE_H */
