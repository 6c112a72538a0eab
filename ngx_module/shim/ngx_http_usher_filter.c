
/*
 * A header filter of its own, because it wants another place among nginx's
 * modules than the phases do: behind all that add headers or set a status.
 * It lets no content pass that was not admitted, and sets the headers that
 * every answer of an usher server has.
 */

#include "ngx_http_usher_traffic.h"


#define NGX_HTTP_USHER_EXPOSED                                                \
    "Age, Cache-Control, Cache-Status, Content-Length, Content-Range, Date, " \
    "ETag, Retry-After, WWW-Authenticate, X-Cache"


static ngx_int_t ngx_http_usher_header_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_usher_is_content(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_withdraw(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_entry_t *entry);
static ngx_int_t ngx_http_usher_set_cors(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_set_no_store(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_filter_init(ngx_conf_t *cf);


static ngx_http_module_t  ngx_http_usher_filter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_usher_filter_init,            /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_usher_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_filter_module_ctx,     /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


static ngx_int_t
ngx_http_usher_header_filter(ngx_http_request_t *r)
{
    usher_entry_t               entry;
    ngx_http_usher_ctx_t       *ctx;
    ngx_http_usher_loc_conf_t  *ulcf;
    ngx_http_usher_srv_conf_t  *uscf;

    uscf = ngx_http_get_module_srv_conf(r, ngx_http_usher_module);

    if (!uscf->active) {
        return ngx_http_next_header_filter(r);
    }

    ngx_http_usher_traffic_fetched(r);

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);
    ctx = ngx_http_usher_get_ctx(r);

    if (ulcf->enable && ngx_http_usher_is_content(r)
        && !(r == r->main && ctx && ctx->answered)
        && !ngx_http_usher_is_admitted(r))
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "usher: content without admission withheld; is there a "
                      "\"return\" in a location with \"usher on\"?");

        return ngx_http_filter_finalize_request(r, &ngx_http_usher_module,
                                                NGX_HTTP_FORBIDDEN);
    }

    if (r == r->main && ulcf->enable && ngx_http_usher_is_content(r)
        && !ctx->answered
        && ngx_http_usher_still_admitted(r, &entry) != NGX_OK)
    {
        return ngx_http_usher_withdraw(r, ctx, &entry);
    }

    switch (ngx_http_usher_lifetime(r)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return ngx_http_filter_finalize_request(r, &ngx_http_usher_module,
                                                NGX_HTTP_BAD_GATEWAY);

    default:
        return NGX_ERROR;
    }

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_usher_set_cors(r) != NGX_OK) {
        return NGX_ERROR;
    }

    /* an origin's 404 has its own, short life in the edges' caches */

    if (((ctx && ctx->no_store)
         || (ulcf->enable && r->headers_out.status >= NGX_HTTP_BAD_REQUEST))
        && ngx_http_usher_set_no_store(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/*
 * Instead of the answer that was about to be sent, the module's own. As
 * ngx_http_filter_finalize_request(), which knows only nginx's error pages.
 */

static ngx_int_t
ngx_http_usher_withdraw(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx,
    usher_entry_t *entry)
{
    ngx_int_t  rc;

    ngx_http_clean_header(r);

    ngx_memzero(r->ctx, sizeof(void *) * ngx_http_max_module);
    ngx_http_set_ctx(r, ctx, ngx_http_usher_module);

    r->filter_finalize = 1;

    rc = ngx_http_usher_refuse_entry(r, entry);

    /* who called this filter must send no more */

    return rc == NGX_OK || rc == NGX_DONE ? NGX_ERROR : rc;
}


/* all that could carry, or tell something about, what is protected */

static ngx_uint_t
ngx_http_usher_is_content(ngx_http_request_t *r)
{
    return r->headers_out.status < NGX_HTTP_SPECIAL_RESPONSE
           || r->headers_out.status == NGX_HTTP_NOT_MODIFIED;
}


/* exactly one, whatever the upstream or "add_header" said */

static ngx_int_t
ngx_http_usher_set_cors(ngx_http_request_t *r)
{
    ngx_http_usher_drop_headers(r, "Access-Control-Allow-Origin");
    ngx_http_usher_drop_headers(r, "Access-Control-Allow-Credentials");
    ngx_http_usher_drop_headers(r, "Access-Control-Expose-Headers");

    if (ngx_http_usher_push_header(r, "Access-Control-Allow-Origin", "*", 1)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_usher_push_header(r, "Access-Control-Expose-Headers",
                                      NGX_HTTP_USHER_EXPOSED,
                                      sizeof(NGX_HTTP_USHER_EXPOSED) - 1);
}


static ngx_int_t
ngx_http_usher_set_no_store(ngx_http_request_t *r)
{
    ngx_http_usher_loc_conf_t  *ulcf;

    ngx_http_usher_drop_headers(r, "Cache-Control");
    ngx_http_usher_drop_headers(r, "Expires");
    ngx_http_usher_drop_headers(r, "Referrer-Policy");

    if (ngx_http_usher_push_header(r, "Cache-Control", "no-store",
                                   sizeof("no-store") - 1)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    /* an origin has edges in front, which may not heed Cache-Control */

    if (!ulcf->enable
        && ngx_http_usher_push_header(r, "X-Accel-Expires", "0", 1) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_usher_push_header(r, "Referrer-Policy", "no-referrer",
                                      sizeof("no-referrer") - 1);
}


static ngx_int_t
ngx_http_usher_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_usher_header_filter;

    return NGX_OK;
}
