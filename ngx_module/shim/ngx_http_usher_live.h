
/*
 * usher_live: what its handler and its watches share.
 */

#ifndef _NGX_HTTP_USHER_LIVE_H_INCLUDED_
#define _NGX_HTTP_USHER_LIVE_H_INCLUDED_


#include "ngx_http_usher_module.h"
#include "ngx_http_usher_parking.h"
#include "../live_bridge.h"


/* how soon a worker that is to exit lets its held requests go */
#define NGX_HTTP_USHER_LIVE_SWEEP  200


/* a directory of this worker's in which requests wait for files */

typedef struct {
    ngx_queue_t                  queue;
    ngx_queue_t                  held;
    int                          wd;
    ngx_str_t                    path;
} ngx_http_usher_live_watch_t;


typedef struct {
    ngx_http_usher_parked_t      parked;
    ngx_http_usher_live_watch_t *watch;
    ngx_queue_t                  queue;
    ngx_msec_t                   deadline;
    ngx_str_t                    file;          /* last element of the path */
    usher_live_answer_t          answer;
    unsigned                     waiting:1;     /* deadline is set */
} ngx_http_usher_live_ctx_t;


typedef struct {
    usher_live_t                *live;
    ngx_connection_t            *inotify;
    ngx_queue_t                  watches;
    ngx_event_t                  sweep;
} ngx_http_usher_live_worker_t;


/* ngx_http_usher_live_watch.c */

extern ngx_http_usher_live_worker_t  ngx_http_usher_live_worker;

ngx_http_usher_live_watch_t *ngx_http_usher_live_watch(ngx_http_request_t *r,
    ngx_str_t *path, ngx_uint_t *is_new);
void ngx_http_usher_live_unwatch(ngx_http_usher_live_watch_t *watch);
ngx_int_t ngx_http_usher_live_init_process(ngx_cycle_t *cycle);
void ngx_http_usher_live_exit_process(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_USHER_LIVE_H_INCLUDED_ */
