/*
 * The seam between $usher_cmcd_KEY and the engine; see bridge.h for the rules
 * and engine/cmcd.h for the meaning.
 */
#ifndef USHER_CMCD_BRIDGE_H
#define USHER_CMCD_BRIDGE_H

#include "bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { USHER_CMCD_CAPACITY = 16 };

/* From a raw query; `value` is left empty where there is none. */
void usher_cmcd_of_query(usher_view_t query, usher_view_t key,
                         usher_buffer_t* value) USHER_NOEXCEPT;
/* From one header. */
void usher_cmcd_of_header(usher_view_t header, usher_view_t key,
                          usher_buffer_t* value) USHER_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* USHER_CMCD_BRIDGE_H */
