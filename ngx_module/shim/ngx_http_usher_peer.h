
/*
 * A word with each request before nginx chooses its upstream's peer:
 * ngx_http_usher_peer.c.
 */

#ifndef _NGX_HTTP_USHER_PEER_H_INCLUDED_
#define _NGX_HTTP_USHER_PEER_H_INCLUDED_


#include "ngx_http_usher_module.h"


/* for the directives that need it; without them nginx is left as it is */

void ngx_http_usher_peer_use(ngx_conf_t *cf);

ngx_int_t ngx_http_usher_timeout_shorten(ngx_http_request_t *r);
void ngx_http_usher_coalesce_spare(ngx_http_request_t *r);


#endif /* _NGX_HTTP_USHER_PEER_H_INCLUDED_ */
