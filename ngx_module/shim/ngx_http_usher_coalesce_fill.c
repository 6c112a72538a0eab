
/*
 * The end of a fill, as its leader sees it: what became of it, and the word to
 * whoever waits for it. The end shows in the filters; a pool's cleanup is the
 * backstop.
 */

#include "ngx_http_usher_coalesce.h"


static ngx_int_t ngx_http_usher_coalesce_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_coalesce_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_usher_coalesce_judge(ngx_http_usher_coalesce_ctx_t *ctx);
static void ngx_http_usher_coalesce_judge_later(ngx_event_t *ev);
static usher_fill_outcome_t ngx_http_usher_coalesce_loss(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_usher_coalesce_complete(ngx_http_upstream_t *u);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_int_t
ngx_http_usher_coalesce_header_filter(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    if (r == r->main) {
        ctx = ngx_http_usher_coalesce_ctx(r);

        if (ctx && ctx->leading) {
            ngx_http_usher_coalesce_judge(ctx);

            rc = ngx_http_usher_coalesce_again(r, ctx);
            if (rc != NGX_DECLINED) {
                return rc;
            }
        }
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_usher_coalesce_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_usher_coalesce_ctx_t  *ctx;

    if (r == r->main) {
        ctx = ngx_http_get_module_ctx(r, ngx_http_usher_coalesce_module);

        if (ctx && ctx->leading) {
            ngx_http_usher_coalesce_judge(ctx);
        }
    }

    return ngx_http_next_body_filter(r, in);
}


static void
ngx_http_usher_coalesce_judge(ngx_http_usher_coalesce_ctx_t *ctx)
{
    usher_fill_outcome_t   outcome;
    ngx_http_request_t    *r;

    r = ctx->parked.request;

    if (ngx_http_usher_coalesce_outcome(r, &outcome) == NGX_OK) {
        ngx_http_usher_coalesce_end(ctx, outcome,
                                    r->cache ? r->cache->valid_sec : 0);
        return;
    }

    /* a revalidated object is sent before its new lifetime is written */

    if (r->cached && !ctx->judging.posted) {
        ctx->judging.handler = ngx_http_usher_coalesce_judge_later;
        ctx->judging.data = ctx;
        ctx->judging.log = r->connection->log;
        ngx_post_event(&ctx->judging, &ngx_posted_events);
    }
}


static void
ngx_http_usher_coalesce_judge_later(ngx_event_t *ev)
{
    usher_fill_outcome_t            outcome;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ev->data;

    if (ctx->leading
        && ngx_http_usher_coalesce_outcome(ctx->parked.request, &outcome) == NGX_OK)
    {
        ngx_http_usher_coalesce_end(ctx, outcome,
                                    ctx->parked.request->cache->valid_sec);
    }
}


/* NGX_AGAIN while it cannot be known */

ngx_int_t
ngx_http_usher_coalesce_outcome(ngx_http_request_t *r,
    usher_fill_outcome_t *outcome)
{
    ngx_http_cache_t     *c;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    c = r->cache;

    if (u == NULL || c == NULL) {
        *outcome = USHER_FILL_UNCACHEABLE;
        return NGX_OK;
    }

    if (r->cached) {

        if (u->cache_status == NGX_HTTP_CACHE_REVALIDATED && !c->updated) {
            return NGX_AGAIN;
        }

        if (u->cache_status == NGX_HTTP_CACHE_HIT
            || u->cache_status == NGX_HTTP_CACHE_REVALIDATED)
        {
            *outcome = USHER_FILL_STORED;

        } else {

            /* with a state, an upstream was asked and has failed */

            *outcome = (u->cache_status == NGX_HTTP_CACHE_STALE && u->state)
                       ? USHER_FILL_STALE : USHER_FILL_UNSHARED;
        }

        return NGX_OK;
    }

    if (c->error) {

        /* a status that nginx remembers without a file, and each can have */

        *outcome = USHER_FILL_UNSHARED;
        return NGX_OK;
    }

    if (u->cacheable && u->buffering && !u->upgrade) {

        if (!c->updated) {
            return NGX_AGAIN;
        }

        if (ngx_http_usher_coalesce_complete(u)) {
            *outcome = USHER_FILL_STORED;
            return NGX_OK;
        }
    }

    *outcome = ngx_http_usher_coalesce_loss(r);
    return NGX_OK;
}


/* why nothing was stored */

static usher_fill_outcome_t
ngx_http_usher_coalesce_loss(ngx_http_request_t *r)
{
    ngx_uint_t            status;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    status = u->headers_in.status_n;

    if (status == 0) {

        /* no answer: a 502 or 504 of nginx's own, or the client left */

        return r->headers_out.status >= NGX_HTTP_INTERNAL_SERVER_ERROR
               ? USHER_FILL_FAILED : USHER_FILL_ABANDONED;
    }

    if (status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return USHER_FILL_FAILED;
    }

    if (u->cacheable && u->buffering && !u->upgrade
        && status < NGX_HTTP_SPECIAL_RESPONSE
        && u->headers_in.x_accel_redirect == NULL)
    {
        return USHER_FILL_ABANDONED;
    }

    if (r->headers_in.range || r->cache->min_uses > 1) {
        return USHER_FILL_UNSHARED;
    }

    return USHER_FILL_UNCACHEABLE;
}


static ngx_uint_t
ngx_http_usher_coalesce_complete(ngx_http_upstream_t *u)
{
    ngx_event_pipe_t  *p;

    p = u->pipe;

    return p && (p->upstream_done || (p->upstream_eof && p->length == -1));
}


void
ngx_http_usher_coalesce_end(ngx_http_usher_coalesce_ctx_t *ctx,
    usher_fill_outcome_t outcome, time_t valid_sec)
{
    int                           followed;
    ngx_http_usher_fill_shard_t  *shard;

    ctx->leading = 0;

    shard = ngx_http_usher_coalesce_shard(&ctx->fill);

    ngx_shmtx_lock(&shard->shpool->mutex);
    followed = usher_fill_end(shard->table, ctx->fill.digest, ctx->fill.fill,
                              outcome, (int64_t) valid_sec * 1000 + 999,
                              ngx_http_usher_coalesce_now());
    ngx_shmtx_unlock(&shard->shpool->mutex);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ctx->parked.request->connection->log, 0,
                   "usher coalesce fill:%uL outcome:%d followed:%d",
                   ctx->fill.fill, outcome, followed);

    if (followed) {
        ngx_http_usher_ring(ctx->parked.request->connection->log);
    }
}


void
ngx_http_usher_coalesce_init_filters(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_usher_coalesce_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_usher_coalesce_body_filter;
}
