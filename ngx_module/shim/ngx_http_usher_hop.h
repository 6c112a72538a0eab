
/*
 * Requests between boxes of the fleet: usher_hop_secret and what its parts
 * share.
 */

#ifndef _NGX_HTTP_USHER_HOP_H_INCLUDED_
#define _NGX_HTTP_USHER_HOP_H_INCLUDED_


#include "ngx_http_usher_traffic.h"
#include "../hop_bridge.h"


typedef struct {
    ngx_shm_zone_t              *zone;          /* where somebody requires */
} ngx_http_usher_hop_main_conf_t;


typedef struct {
    ngx_slab_pool_t             *shpool;
    void                        *nonces;
    size_t                       size;
} ngx_http_usher_hop_zone_t;


typedef struct {
    usher_file_t                *secrets;
    ngx_str_t                    cdn_id;
    unsigned                     required:1;
} ngx_http_usher_hop_srv_conf_t;


/* ngx_http_usher_hop_sign.c: before the configuration is read */

ngx_int_t ngx_http_usher_hop_add_variables(ngx_conf_t *cf);


#endif /* _NGX_HTTP_USHER_HOP_H_INCLUDED_ */
