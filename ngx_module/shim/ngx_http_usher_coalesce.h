
/*
 * usher_coalesce: what its files share.
 */

#ifndef _NGX_HTTP_USHER_COALESCE_H_INCLUDED_
#define _NGX_HTTP_USHER_COALESCE_H_INCLUDED_


#include "ngx_http_usher_parking.h"
#include "../fill_bridge.h"


#define NGX_HTTP_USHER_FILL_SHARDS      8
#define NGX_HTTP_USHER_WATCH_BUCKETS    256


typedef struct {
    ngx_slab_pool_t             *shpool;
    void                        *table;
} ngx_http_usher_fill_shard_t;


typedef struct {
    ngx_shm_zone_t              *shards[NGX_HTTP_USHER_FILL_SHARDS];
} ngx_http_usher_coalesce_main_conf_t;


typedef struct {
    ngx_flag_t                   enable;
    ngx_http_complex_value_t    *key;
    ngx_msec_t                   wait;
    ngx_uint_t                   waiters;
} ngx_http_usher_coalesce_loc_conf_t;


typedef struct {
    u_char                       digest[USHER_FILL_KEY_SIZE];
    uint64_t                     fill;
} ngx_http_usher_fill_t;


/* what this worker waits for: one per key */

typedef struct {
    ngx_queue_t                  queue;
    ngx_queue_t                  followers;
    ngx_http_usher_fill_t        fill;
} ngx_http_usher_watch_t;


typedef struct {
    ngx_http_usher_parked_t      parked;
    ngx_http_usher_watch_t      *watch;
    ngx_queue_t                  queue;
    ngx_event_t                  judging;       /* a leader, a moment later */
    ngx_msec_t                   deadline;
    ngx_http_usher_fill_t        fill;
    ngx_int_t                    phase;         /* where it began to lead */
    ngx_http_usher_coalesce_loc_conf_t
                                *conf;          /* and in which location */
    ngx_str_t                    role;
    unsigned                     leading:1;
    unsigned                     settled:1;
    unsigned                     bypass:1;
    unsigned                     late:1;
    unsigned                     patient:1;     /* see usher_may_wait() */
    unsigned                     paused:1;      /* while the upstream fails */
    unsigned                     header_only:1; /* as it was before that */
    unsigned                     stale:1;
    unsigned                     spared:1;      /* asked no upstream */
} ngx_http_usher_coalesce_ctx_t;


typedef struct {
    ngx_queue_t                  watches[NGX_HTTP_USHER_WATCH_BUCKETS];
    ngx_uint_t                   followers;
    ngx_event_t                  sweep;
    ngx_http_usher_coalesce_main_conf_t
                                *conf;
} ngx_http_usher_coalesce_worker_t;


/* ngx_http_usher_coalesce.c */

extern ngx_module_t  ngx_http_usher_coalesce_module;

/* ngx_http_usher_coalesce_request.c */

ngx_int_t ngx_http_usher_coalesce_handler(ngx_http_request_t *r);
ngx_http_usher_coalesce_ctx_t *ngx_http_usher_coalesce_ctx(
    ngx_http_request_t *r);
ngx_http_usher_coalesce_ctx_t *ngx_http_usher_coalesce_create_ctx(
    ngx_http_request_t *r);

/*
 * Of a leader whose upstream gave no answer, in a header filter.  NGX_DONE: the
 * request waits and asks again, nothing is sent.  NGX_DECLINED: send it.
 */
ngx_int_t ngx_http_usher_coalesce_again(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx);

/* ngx_http_usher_coalesce_fill.c */

ngx_int_t ngx_http_usher_coalesce_outcome(ngx_http_request_t *r,
    usher_fill_outcome_t *outcome);
void ngx_http_usher_coalesce_end(ngx_http_usher_coalesce_ctx_t *ctx,
    usher_fill_outcome_t outcome, time_t valid_sec);
void ngx_http_usher_coalesce_init_filters(void);

/* ngx_http_usher_coalesce_watch.c */

extern ngx_http_usher_coalesce_worker_t  ngx_http_usher_coalesce_worker;

ngx_http_usher_watch_t *ngx_http_usher_coalesce_watch(
    ngx_http_usher_fill_t *fill);
void ngx_http_usher_coalesce_unwatch(void *data);
ngx_http_usher_fill_shard_t *ngx_http_usher_coalesce_shard(
    ngx_http_usher_fill_t *fill);
int64_t ngx_http_usher_coalesce_now(void);
ngx_int_t ngx_http_usher_coalesce_init_process(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_USHER_COALESCE_H_INCLUDED_ */
