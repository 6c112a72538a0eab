
/*
 * An expired object whose refresh has just failed: its leader was served the
 * old one, and whoever else comes gets it at once. nginx would ask the upstream
 * for each of them. (proxy_cache_use_stale updating would not, but a worker
 * that dies in a refresh leaves nginx's entry "updating" for good.)
 */

#include "ngx_http_usher_coalesce.h"
#include "ngx_http_usher_peer.h"


static ngx_int_t ngx_http_usher_coalesce_no_peer(ngx_peer_connection_t *pc,
    void *data);


/*
 * Where nginx serves stale when no peer can be reached, none can. A subrequest
 * (of "slice", say) is for another key than its request's.
 */

void
ngx_http_usher_coalesce_spare(ngx_http_request_t *r)
{
#if (NGX_HTTP_CACHE)

    ngx_http_upstream_t            *u;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ngx_http_usher_coalesce_ctx(r);
    u = r->upstream;

    if (r != r->main || ctx == NULL || !ctx->stale
        || r->cache == NULL || u->cache_status != NGX_HTTP_CACHE_EXPIRED
        || !((u->conf->cache_use_stale & NGX_HTTP_UPSTREAM_FT_ERROR)
             || r->cache->stale_error))
    {
        return;
    }

    ctx->spared = 1;

    u->peer.get = ngx_http_usher_coalesce_no_peer;
    u->peer.tries = 0;

#endif
}


static ngx_int_t
ngx_http_usher_coalesce_no_peer(ngx_peer_connection_t *pc, void *data)
{
    /* nginx logs NGX_BUSY, once for each request */

    return NGX_DECLINED;
}
