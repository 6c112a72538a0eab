
/*
 * What this worker waits for: one watch per key, looked at when the bell rings.
 * A sweep, once a second, is the backstop for leaders that died.
 */

#include "ngx_http_usher_coalesce.h"

#include <ngx_event.h>


/* backstop for a leader that died and a worker that was not born again */
#define NGX_HTTP_USHER_SWEEP            1000


static void ngx_http_usher_coalesce_heard(void);
static void ngx_http_usher_coalesce_look(ngx_uint_t late);
static void ngx_http_usher_coalesce_release(ngx_http_usher_watch_t *watch,
    ngx_uint_t late);
static void ngx_http_usher_coalesce_sweep(ngx_event_t *ev);
static ngx_uint_t ngx_http_usher_coalesce_bury(void);


ngx_http_usher_coalesce_worker_t  ngx_http_usher_coalesce_worker;


ngx_http_usher_watch_t *
ngx_http_usher_coalesce_watch(ngx_http_usher_fill_t *fill)
{
    ngx_queue_t             *q, *bucket;
    ngx_http_usher_watch_t  *watch;

    bucket = &ngx_http_usher_coalesce_worker.watches[fill->digest[0]];

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        watch = ngx_queue_data(q, ngx_http_usher_watch_t, queue);

        if (ngx_memcmp(watch->fill.digest, fill->digest, USHER_FILL_KEY_SIZE)
            == 0)
        {
            watch->fill.fill = fill->fill;
            return watch;
        }
    }

    watch = ngx_alloc(sizeof(ngx_http_usher_watch_t), ngx_cycle->log);
    if (watch == NULL) {
        return NULL;
    }

    watch->fill = *fill;
    ngx_queue_init(&watch->followers);
    ngx_queue_insert_tail(bucket, &watch->queue);

    if (!ngx_http_usher_coalesce_worker.sweep.timer_set) {
        ngx_add_timer(&ngx_http_usher_coalesce_worker.sweep,
                      NGX_HTTP_USHER_SWEEP);
    }

    return watch;
}


void
ngx_http_usher_coalesce_unwatch(void *data)
{
    ngx_http_usher_coalesce_ctx_t  *ctx = data;

    ngx_http_usher_watch_t  *watch;

    if (ctx->paused) {
        ngx_http_usher_coalesce_worker.followers--;
        return;
    }

    watch = ctx->watch;

    if (watch == NULL) {
        return;
    }

    ctx->watch = NULL;
    ngx_queue_remove(&ctx->queue);
    ngx_http_usher_coalesce_worker.followers--;

    if (ngx_queue_empty(&watch->followers)) {
        ngx_queue_remove(&watch->queue);
        ngx_free(watch);
    }
}


static void
ngx_http_usher_coalesce_heard(void)
{
    ngx_http_usher_coalesce_look(0);
}


static void
ngx_http_usher_coalesce_look(ngx_uint_t late)
{
    int                           under_way;
    ngx_uint_t                    i;
    ngx_queue_t                  *q, *next, *bucket;
    ngx_http_usher_watch_t       *watch;
    ngx_http_usher_fill_shard_t  *shard;

    for (i = 0; i < NGX_HTTP_USHER_WATCH_BUCKETS; i++) {
        bucket = &ngx_http_usher_coalesce_worker.watches[i];

        for (q = ngx_queue_head(bucket);
             q != ngx_queue_sentinel(bucket);
             q = next)
        {
            next = ngx_queue_next(q);
            watch = ngx_queue_data(q, ngx_http_usher_watch_t, queue);
            shard = ngx_http_usher_coalesce_shard(&watch->fill);

            ngx_shmtx_lock(&shard->shpool->mutex);
            under_way = usher_fill_under_way(shard->table, watch->fill.digest,
                                             watch->fill.fill,
                                             ngx_http_usher_coalesce_now());
            ngx_shmtx_unlock(&shard->shpool->mutex);

            if (!under_way) {
                ngx_http_usher_coalesce_release(watch, late);
            }
        }
    }
}


static void
ngx_http_usher_coalesce_release(ngx_http_usher_watch_t *watch, ngx_uint_t late)
{
    ngx_queue_t                    *q;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    while (!ngx_queue_empty(&watch->followers)) {
        q = ngx_queue_head(&watch->followers);
        ctx = ngx_queue_data(q, ngx_http_usher_coalesce_ctx_t, queue);

        ngx_queue_remove(q);
        ngx_http_usher_coalesce_worker.followers--;

        ctx->watch = NULL;
        ctx->late = late;

        ngx_http_usher_wake(&ctx->parked);
    }

    ngx_queue_remove(&watch->queue);
    ngx_free(watch);
}


static void
ngx_http_usher_coalesce_sweep(ngx_event_t *ev)
{
    if (ngx_http_usher_coalesce_worker.followers == 0) {
        return;
    }

    if (ngx_http_usher_coalesce_bury()) {
        ngx_http_usher_ring(ev->log);
    }

    ngx_http_usher_coalesce_look(1);

    ngx_add_timer(ev, NGX_HTTP_USHER_SWEEP);
}


/* ends the fills of workers that died */

static ngx_uint_t
ngx_http_usher_coalesce_bury(void)
{
    int                           followed;
    ngx_uint_t                    i;
    ngx_http_usher_fill_shard_t  *shard;

    followed = 0;

    for (i = 0; i < NGX_HTTP_USHER_FILL_SHARDS; i++) {
        shard = ngx_http_usher_coalesce_worker.conf->shards[i]->data;

        ngx_shmtx_lock(&shard->shpool->mutex);
        followed |= usher_fill_end_of_dead(shard->table,
                                           ngx_http_usher_coalesce_now());
        ngx_shmtx_unlock(&shard->shpool->mutex);
    }

    return followed;
}


ngx_http_usher_fill_shard_t *
ngx_http_usher_coalesce_shard(ngx_http_usher_fill_t *fill)
{
    ngx_uint_t  i;

    i = fill->digest[USHER_FILL_KEY_SIZE - 1] % NGX_HTTP_USHER_FILL_SHARDS;

    return ngx_http_usher_coalesce_worker.conf->shards[i]->data;
}


int64_t
ngx_http_usher_coalesce_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


ngx_int_t
ngx_http_usher_coalesce_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                            i;
    ngx_event_t                          *sweep;
    ngx_http_usher_coalesce_main_conf_t  *umcf;

    /* the cache manager and loader come here, too */

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    umcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_usher_coalesce_module);

    if (umcf == NULL || umcf->shards[0] == NULL) {
        return NGX_OK;
    }

    if (!ngx_http_usher_has_bell()) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "usher_coalesce needs epoll and is off");
        return NGX_OK;
    }

    for (i = 0; i < NGX_HTTP_USHER_WATCH_BUCKETS; i++) {
        ngx_queue_init(&ngx_http_usher_coalesce_worker.watches[i]);
    }

    ngx_http_usher_coalesce_worker.conf = umcf;
    ngx_http_usher_coalesce_worker.followers = 0;

    sweep = &ngx_http_usher_coalesce_worker.sweep;
    ngx_memzero(sweep, sizeof(ngx_event_t));
    sweep->handler = ngx_http_usher_coalesce_sweep;
    sweep->data = &ngx_http_usher_coalesce_worker;
    sweep->log = cycle->log;
    sweep->cancelable = 1;

    ngx_http_usher_on_bell(ngx_http_usher_coalesce_heard);

    /* this worker may be the successor of one that was killed */

    if (ngx_http_usher_coalesce_bury()) {
        ngx_http_usher_ring(cycle->log);
    }

    return NGX_OK;
}
