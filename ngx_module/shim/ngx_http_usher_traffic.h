
/*
 * Counting what is served: ngx_http_usher_traffic.c.
 */

#ifndef _NGX_HTTP_USHER_TRAFFIC_H_INCLUDED_
#define _NGX_HTTP_USHER_TRAFFIC_H_INCLUDED_


#include "ngx_http_usher_module.h"
#include "../traffic_bridge.h"


extern ngx_module_t  ngx_http_usher_traffic_module;

usher_traffic_t *ngx_http_usher_traffic(ngx_http_request_t *r);

void ngx_http_usher_traffic_served(ngx_http_request_t *r);
void ngx_http_usher_traffic_fetched(ngx_http_request_t *r);
void ngx_http_usher_traffic_park(ngx_http_request_t *r, usher_wait_t wait);
void ngx_http_usher_traffic_unpark(ngx_http_request_t *r, usher_wait_t wait,
    ngx_msec_t waited);


#endif /* _NGX_HTTP_USHER_TRAFFIC_H_INCLUDED_ */
