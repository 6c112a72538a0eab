
/*
 * What becomes of a request: it leads to the upstream, follows who leads,
 * passes by, or is refused. A follower parks in PRECONTENT.
 */

#include "ngx_http_usher_coalesce.h"
#include "../lifetime_bridge.h"

#include <ngx_md5.h>


/* milliseconds */
#define NGX_HTTP_USHER_FILL_PAUSE  500


static ngx_int_t ngx_http_usher_coalesce_ask(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill);
static ngx_int_t ngx_http_usher_coalesce_lead(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill,
    ngx_uint_t lock_left);
static ngx_int_t ngx_http_usher_coalesce_park(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill);
static ngx_int_t ngx_http_usher_coalesce_settle(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_uint_t bypass);
static ngx_http_usher_coalesce_ctx_t *ngx_http_usher_coalesce_waiter(
    ngx_http_request_t *r, ngx_http_usher_fill_t *fill);
static ngx_int_t ngx_http_usher_coalesce_refuse(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill);
static void ngx_http_usher_coalesce_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_coalesce_pause(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t **ctx, ngx_http_usher_fill_t *fill);
static ngx_int_t ngx_http_usher_coalesce_stale(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx);
static ngx_int_t ngx_http_usher_coalesce_fresh(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx);
static ngx_int_t ngx_http_usher_coalesce_content(ngx_http_request_t *r);
static void ngx_http_usher_coalesce_cleanup(void *data);
static ngx_int_t ngx_http_usher_coalesce_digest(ngx_http_request_t *r,
    u_char *digest);


ngx_int_t
ngx_http_usher_coalesce_handler(ngx_http_request_t *r)
{
    ngx_http_usher_fill_t                fill;
    ngx_http_usher_coalesce_ctx_t       *ctx;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);

    if (!ucf->enable
        || r != r->main
        || !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        || ngx_http_usher_coalesce_worker.conf == NULL)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_usher_coalesce_ctx(r);

    if (ctx) {

        if (ctx->parked.ended && !ctx->settled) {
            ctx->settled = 1;
            ngx_str_set(&ctx->role, "ended");

            return ngx_http_usher_parked_refuse(&ctx->parked);
        }

        if (ctx->paused) {
            ctx->paused = 0;
            ctx->parked.timed_out = 0;
        }

        if (ctx->parked.timed_out && !ctx->settled) {
            ctx->settled = 1;
            ngx_str_set(&ctx->role, "late");

            ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                          "usher: waited too long for a cache fill");
        }

        if (ctx->settled) {
            return NGX_DECLINED;
        }

        return ngx_http_usher_coalesce_ask(r, ctx, &ctx->fill);
    }

    if (ngx_http_usher_coalesce_digest(r, fill.digest) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_coalesce_ask(r, NULL, &fill);
}


static ngx_int_t
ngx_http_usher_coalesce_ask(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill)
{
    usher_fill_entry_t            entry;
    ngx_http_usher_fill_shard_t  *shard;

    shard = ngx_http_usher_coalesce_shard(fill);

    ngx_shmtx_lock(&shard->shpool->mutex);
    entry = usher_fill_enter(shard->table, fill->digest, (int32_t) ngx_pid,
                             ngx_http_usher_coalesce_now(), 0);
    ngx_shmtx_unlock(&shard->shpool->mutex);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "usher coalesce step:%d fill:%uL",
                   entry.step, entry.fill);

    fill->fill = entry.fill;

    switch (entry.step) {

    case USHER_FILL_LEAD:
        return ngx_http_usher_coalesce_lead(r, ctx, fill, entry.lock_left);

    case USHER_FILL_FOLLOW:
        return ngx_http_usher_coalesce_park(r, ctx, fill);

    case USHER_FILL_FRESH:
        return ngx_http_usher_coalesce_fresh(r, ctx);

    case USHER_FILL_BYPASS:
        return ngx_http_usher_coalesce_settle(r, ctx, 1);

    case USHER_FILL_REFUSE:
        return ngx_http_usher_coalesce_refuse(r, ctx, fill);

    case USHER_FILL_SPARE:
        return ngx_http_usher_coalesce_stale(r, ctx);

    default: /* USHER_FILL_PASS, USHER_FILL_FULL */
        return ngx_http_usher_coalesce_settle(r, ctx, 0);
    }
}


static ngx_int_t
ngx_http_usher_coalesce_lead(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill,
    ngx_uint_t lock_left)
{
    ngx_http_usher_coalesce_ctx_t  failed;

    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_waiter(r, fill);
        if (ctx == NULL) {
            failed.parked.request = r;
            failed.fill = *fill;
            ngx_http_usher_coalesce_end(&failed, USHER_FILL_ABANDONED, 0);
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ctx->fill = *fill;
    ctx->phase = r->phase_handler;
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);
    ctx->leading = 1;
    ctx->settled = 1;
    ctx->bypass = lock_left;
    ngx_str_set(&ctx->role, "leader");

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_usher_coalesce_park(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill)
{
    ngx_msec_int_t                       left;
    ngx_http_usher_watch_t              *watch;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);

    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_waiter(r, fill);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ngx_str_set(&ctx->role, "follower");

    left = (ngx_msec_int_t) (ctx->deadline - ngx_current_msec);

    if (left <= 0 || ngx_http_usher_coalesce_worker.followers >= ucf->waiters)
    {
        return ngx_http_usher_coalesce_settle(r, ctx, 0);
    }

    watch = ngx_http_usher_coalesce_watch(fill);
    if (watch == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_queue_insert_tail(&watch->followers, &ctx->queue);
    ctx->watch = watch;
    ngx_http_usher_coalesce_worker.followers++;

    return ngx_http_usher_park(&ctx->parked, (ngx_msec_t) left);
}


static ngx_http_usher_coalesce_ctx_t *
ngx_http_usher_coalesce_waiter(ngx_http_request_t *r,
    ngx_http_usher_fill_t *fill)
{
    ngx_http_usher_coalesce_ctx_t       *ctx;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);

    ctx = ngx_http_usher_coalesce_create_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    if (usher_may_be_held(ngx_http_usher_view(&r->uri),
                          ngx_http_usher_view(&r->args)))
    {
        ctx->parked.kind = USHER_WAIT_HELD;
    }

    ctx->patient = usher_may_wait(ngx_http_usher_view(&r->uri),
                                  ngx_http_usher_view(&r->args)) != 0;
    ctx->fill = *fill;
    ctx->deadline = ngx_current_msec + ucf->wait;

    return ctx;
}


static ngx_int_t
ngx_http_usher_coalesce_settle(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_uint_t bypass)
{
    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_create_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ctx->settled = 1;
    ctx->bypass = bypass;
    ngx_str_set(&ctx->role, "pass");

    return NGX_DECLINED;
}


/* the leaders before had a 5xx: one more request would help nobody */

static ngx_int_t
ngx_http_usher_coalesce_refuse(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill)
{
    ngx_int_t         rc;
    ngx_table_elt_t  *h;

    rc = ngx_http_usher_coalesce_pause(r, &ctx, fill);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_http_usher_coalesce_settle(r, ctx, 0) != NGX_DECLINED) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_coalesce_module);
    ngx_str_set(&ctx->role, "refused");

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    ngx_str_set(&h->key, "Retry-After");
    ngx_str_set(&h->value, "1");

    return NGX_HTTP_SERVICE_UNAVAILABLE;
}


/*
 * What an upstream would hold is held here while it fails, and asks again:
 * players that wait for the next part ask anew at once, each of them twenty
 * times a second.  NGX_DECLINED: not for this one, or not any longer.
 */

static ngx_int_t
ngx_http_usher_coalesce_pause(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t **pctx, ngx_http_usher_fill_t *fill)
{
    ngx_msec_int_t                       left;
    ngx_http_usher_coalesce_ctx_t       *ctx;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);
    ctx = *pctx;

    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_waiter(r, fill);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        *pctx = ctx;
    }

    left = (ngx_msec_int_t) (ctx->deadline - ngx_current_msec);

    if (!ctx->patient
        || left <= 0
        || ngx_exiting
        || ngx_http_usher_coalesce_worker.followers >= ucf->waiters)
    {
        return NGX_DECLINED;
    }

    ctx->paused = 1;
    ngx_http_usher_coalesce_worker.followers++;

    return ngx_http_usher_park(&ctx->parked,
                   ngx_min((ngx_msec_t) left, NGX_HTTP_USHER_FILL_PAUSE));
}


ngx_int_t
ngx_http_usher_coalesce_again(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx)
{
    ngx_int_t                            rc;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);

    /* an "error_page" is another location */

    if (ctx->leading
        || ctx->conf != ucf
        || r->header_sent
        || r->upstream == NULL
        || r->upstream->headers_in.status_n != 0
        || (r->headers_out.status != NGX_HTTP_BAD_GATEWAY
            && r->headers_out.status != NGX_HTTP_GATEWAY_TIME_OUT))
    {
        return NGX_DECLINED;
    }

    ctx->header_only = r->header_only;

    rc = ngx_http_usher_coalesce_pause(r, &ctx, &ctx->fill);
    if (rc != NGX_AGAIN) {
        return rc == NGX_DECLINED ? NGX_DECLINED : NGX_ERROR;
    }

    ctx->parked.resume = ngx_http_usher_coalesce_resume;

    /* nginx ends what it is about: no body now, and one reference less */

    r->header_only = 1;
    r->main->count++;

    return NGX_DONE;
}


/* from where it began to lead: nobody has seen anything of the answer */

static void
ngx_http_usher_coalesce_resume(ngx_http_request_t *r)
{
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_coalesce_module);

    ctx->parked.resume = NULL;
    ctx->settled = 0;
    ctx->bypass = 0;
    ctx->late = 0;

    r->header_only = ctx->header_only;
    r->err_status = 0;
    ngx_http_clean_header(r);

    r->phase_handler = ctx->phase;

    ngx_http_core_run_phases(r);
}


/* see ngx_http_usher_coalesce_spare() */

static ngx_int_t
ngx_http_usher_coalesce_stale(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx)
{
    if (ngx_http_usher_coalesce_settle(r, ctx, 0) != NGX_DECLINED) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_coalesce_module);
    ctx->stale = 1;
    ngx_str_set(&ctx->role, "stale");

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_usher_coalesce_fresh(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (ctx) {
        ctx->settled = 1;

        if (ctx->late) {
            ngx_str_set(&ctx->role, "late");
        }
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->content_handler && r->content_handler == clcf->handler) {
        r->content_handler = ngx_http_usher_coalesce_content;
    }

    return NGX_DECLINED;
}


/*
 * The table can be wrong about what the cache holds: the file was deleted or
 * had to make room.  Who finds out by taking nginx's own lock leads from there.
 */

static ngx_int_t
ngx_http_usher_coalesce_content(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    usher_fill_entry_t              entry;
    ngx_http_usher_fill_t           fill;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_usher_fill_shard_t    *shard;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    rc = clcf->handler(r);

    if (rc != NGX_DONE || r->cache == NULL || r->cached || !r->cache->updating)
    {
        return rc;
    }

    ctx = ngx_http_usher_coalesce_ctx(r);

    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_create_ctx(r);
    }

    if (ctx == NULL
        || ngx_http_usher_coalesce_digest(r, fill.digest) != NGX_OK)
    {
        return rc;
    }

    shard = ngx_http_usher_coalesce_shard(&fill);

    ngx_shmtx_lock(&shard->shpool->mutex);
    entry = usher_fill_enter(shard->table, fill.digest, (int32_t) ngx_pid,
                             ngx_http_usher_coalesce_now(), 1);
    ngx_shmtx_unlock(&shard->shpool->mutex);

    if (entry.step == USHER_FILL_LEAD) {
        fill.fill = entry.fill;
        (void) ngx_http_usher_coalesce_lead(r, ctx, &fill, 0);
    }

    return rc;
}


ngx_http_usher_coalesce_ctx_t *
ngx_http_usher_coalesce_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_coalesce_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /* an internal redirect wiped it */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_usher_coalesce_cleanup) {
            ngx_http_set_ctx(r, cln->data, ngx_http_usher_coalesce_module);
            return cln->data;
        }
    }

    return NULL;
}


ngx_http_usher_coalesce_ctx_t *
ngx_http_usher_coalesce_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_usher_coalesce_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_usher_coalesce_ctx_t));

    cln->handler = ngx_http_usher_coalesce_cleanup;

    ngx_http_usher_parked_init(&ctx->parked, r, USHER_WAIT_FOLLOWER,
                               ngx_http_usher_coalesce_unwatch, ctx);

    ngx_http_set_ctx(r, ctx, ngx_http_usher_coalesce_module);

    return ctx;
}


static void
ngx_http_usher_coalesce_cleanup(void *data)
{
    ngx_http_usher_coalesce_ctx_t  *ctx = data;

    usher_fill_outcome_t  outcome;

    ngx_http_usher_unpark(&ctx->parked);

    if (ctx->judging.posted) {
        ngx_delete_posted_event(&ctx->judging);
    }

    if (!ctx->leading) {
        return;
    }

    if (ngx_http_usher_coalesce_outcome(ctx->parked.request, &outcome)
        != NGX_OK)
    {
        outcome = USHER_FILL_ABANDONED;
    }

    ngx_http_usher_coalesce_end(ctx, outcome, ctx->parked.request->cache
                                ? ctx->parked.request->cache->valid_sec : 0);
}


static ngx_int_t
ngx_http_usher_coalesce_digest(ngx_http_request_t *r, u_char *digest)
{
    ngx_md5_t                            md5;
    ngx_str_t                            key;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);

    if (ngx_http_complex_value(r, ucf->key, &key) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, key.data, key.len);
    ngx_md5_final(digest, &md5);

    return NGX_OK;
}
