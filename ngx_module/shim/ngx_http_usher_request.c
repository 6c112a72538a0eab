
/*
 * A request's first and last phase: made canonical before anything looks at
 * it, and rid of what must not be logged before anything logs it.
 */

#include "ngx_http_usher_traffic.h"


static ngx_uint_t ngx_http_usher_is_source(const usher_source_t *source,
    ngx_table_elt_t *h);
static void ngx_http_usher_cleanup(void *data);
static ngx_int_t ngx_http_usher_canonicalise(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx);
static ngx_int_t ngx_http_usher_redact_line(ngx_http_request_t *r);
static void ngx_http_usher_redact_referer(ngx_http_request_t *r);
static void ngx_http_usher_redact_unread(ngx_http_request_t *r);
static void ngx_http_usher_redact_location(ngx_http_request_t *r);


ngx_int_t
ngx_http_usher_post_read_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_usher_ctx_t       *ctx;
    ngx_http_usher_srv_conf_t  *uscf;

    uscf = ngx_http_get_module_srv_conf(r, ngx_http_usher_module);

    if (!uscf->active || r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_usher_create_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->read = 1;

    rc = ngx_http_usher_canonicalise(r, ctx);

    ngx_http_usher_redact_referer(r);

    if (ngx_http_usher_redact_line(r) != NGX_OK || rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_usher_finish(r,
                   ngx_http_usher_refuse(r, usher_denial_bad_request,
                                         "path or argument"));
    }

    if (ngx_http_usher_is_ready_question(ctx)) {
        return ngx_http_usher_finish(r, ngx_http_usher_ready(r));
    }

    if (ngx_http_usher_is_time_question(ctx)) {
        return ngx_http_usher_finish(r, ngx_http_usher_tell_time(r));
    }

    return ngx_http_usher_hop_check(r, ctx);
}


/*
 * What the client sent stays in ctx; whatever nginx and its modules look at
 * from here on has no credential in it.
 */

static ngx_int_t
ngx_http_usher_canonicalise(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx)
{
    int                bad;
    u_char            *args;
    usher_canonical_t  canonical;

    ctx->query = r->args;

    bad = usher_canonicalise(ngx_http_usher_view(&r->uri),
                             ngx_http_usher_view(&r->args), &canonical);

    ngx_str_null(&r->args);

    /* or proxy_pass without a URI part sends what the client sent */
    r->valid_unparsed_uri = 0;

    if (bad) {
        ngx_str_set(&r->uri, "/");
        ctx->path = r->uri;
        ngx_http_set_exten(r);
        return NGX_DECLINED;
    }

    ctx->credential = ngx_http_usher_str(canonical.credential);
    ctx->path = ngx_http_usher_str(canonical.path);

    r->uri = ctx->path;
    ngx_http_set_exten(r);

    if (canonical.args_size) {
        args = ngx_pnalloc(r->pool, canonical.args_size);
        if (args == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(args, canonical.args, canonical.args_size);
        r->args.data = args;
        r->args.len = canonical.args_size;
    }

    ctx->args = r->args;

    ctx->endpoint = ctx->path.len == sizeof("/usher/session") - 1
                    && ngx_strncmp(ctx->path.data, "/usher/session",
                                   ctx->path.len) == 0;

    return NGX_OK;
}


/* $request and $request_uri, and what the error log says of the request */

static ngx_int_t
ngx_http_usher_redact_line(ngx_http_request_t *r)
{
    u_char  *p;
    size_t   uri, len;

    uri = r->uri.len + (r->args.len ? 1 + r->args.len : 0);
    len = r->method_name.len + 1 + uri + 1 + r->http_protocol.len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        ngx_str_null(&r->request_line);
        ngx_str_null(&r->unparsed_uri);
        r->request_start = NULL;
        return NGX_ERROR;
    }

    r->request_line.data = p;
    r->request_line.len = len;

    p = ngx_cpymem(p, r->method_name.data, r->method_name.len);
    *p++ = ' ';

    r->unparsed_uri.data = p;
    r->unparsed_uri.len = uri;

    p = ngx_cpymem(p, r->uri.data, r->uri.len);

    if (r->args.len) {
        *p++ = '?';
        p = ngx_cpymem(p, r->args.data, r->args.len);
    }

    *p++ = ' ';
    (void) ngx_http_usher_append(p, r->http_protocol.data,
                                 r->http_protocol.len);

    return NGX_OK;
}


static void
ngx_http_usher_redact_referer(ngx_http_request_t *r)
{
    ngx_table_elt_t  *referer;

    referer = r->headers_in.referer;

    if (referer) {
        referer->value.len =
            usher_loggable_referer(ngx_http_usher_view(&referer->value));
    }
}


ngx_int_t
ngx_http_usher_log_handler(ngx_http_request_t *r)
{
    ngx_http_usher_ctx_t       *ctx;
    ngx_http_usher_srv_conf_t  *uscf;

    uscf = ngx_http_get_module_srv_conf(r, ngx_http_usher_module);

    if (!uscf->active || r != r->main) {
        return NGX_OK;
    }

    ngx_http_usher_blank_headers(r);

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || !ctx->read) {
        ngx_http_usher_redact_unread(r);
        return NGX_OK;
    }

    ctx->logging = 1;

    ngx_http_usher_traffic_served(r);

    if (ctx->visited) {
        ngx_http_usher_forget_visit(r);
        ngx_http_usher_audit_key(r);
    }

    if (ctx->endpoint && r->request_body) {
        r->request_body->bufs = NULL;
    }

    if (ctx->answered) {
        ngx_http_usher_redact_location(r);
    }

    return NGX_OK;
}


/* headers no longer needed: neither an upstream nor a log gets the ticket */

void
ngx_http_usher_blank_headers(ngx_http_request_t *r)
{
    ngx_uint_t                  i, n;
    ngx_list_part_t            *part;
    ngx_table_elt_t            *h;
    ngx_http_usher_ctx_t       *ctx;
    ngx_http_usher_loc_conf_t  *ulcf;

    static usher_source_t  bearer = { USHER_SOURCE_BEARER, { NULL, 0 } };

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx) {

        /* an internal redirect may lead to where tickets come otherwise */

        if (ctx->blanked == ulcf) {
            return;
        }

        ctx->blanked = ulcf;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (ngx_http_usher_is_header(&h[i], "authorization")) {
                usher_blank_ticket(&bearer, (char *) h[i].value.data,
                                   h[i].value.len);
                continue;
            }

            for (n = 0; n < ulcf->policy.source_count; n++) {
                if (ngx_http_usher_is_source(&ulcf->policy.sources[n], &h[i])) {
                    usher_blank_ticket(&ulcf->policy.sources[n],
                                       (char *) h[i].value.data,
                                       h[i].value.len);
                }
            }
        }
    }
}


static ngx_uint_t
ngx_http_usher_is_source(const usher_source_t *source, ngx_table_elt_t *h)
{
    switch (source->kind) {

    case USHER_SOURCE_COOKIE:
        return ngx_http_usher_is_header(h, "cookie");

    case USHER_SOURCE_HEADER:
        return ngx_http_usher_is_header(h, source->name.data);

    default:
        return 0;
    }
}


/*
 * A request that was answered before its first phase (no Host, plain HTTP on
 * a TLS port): whatever is known of it is the client's own bytes.
 */

static void
ngx_http_usher_redact_unread(ngx_http_request_t *r)
{
    u_char  *p;

    if (r->request_line.data == NULL && r->request_start) {

        for (p = r->request_start; p < r->header_in->last; p++) {
            if (*p == CR || *p == LF) {
                break;
            }
        }

        r->request_line.data = r->request_start;
        r->request_line.len = p - r->request_start;
    }

    r->request_line.len =
        usher_loggable_request_line(ngx_http_usher_view(&r->request_line));

    ngx_str_null(&r->unparsed_uri);
    ngx_str_null(&r->args);
    ngx_str_set(&r->uri, "-");

    ngx_http_usher_redact_referer(r);
}


static void
ngx_http_usher_redact_location(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_strcasecmp(h[i].key.data, (u_char *) "Location") == 0) {
                ngx_str_set(&h[i].value, "-");
            }
        }
    }
}


ngx_http_usher_ctx_t *
ngx_http_usher_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t    *cln;
    ngx_http_usher_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_usher_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_usher_ctx_t));

    cln->handler = ngx_http_usher_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_usher_module);

    return ctx;
}


static void
ngx_http_usher_cleanup(void *data)
{
    ngx_http_usher_ctx_t  *ctx = data;

    ngx_memzero(ctx, sizeof(ngx_http_usher_ctx_t));
}


/* an internal redirect wipes the contexts of modules, but not the pool */

ngx_http_usher_ctx_t *
ngx_http_usher_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t    *cln;
    ngx_http_usher_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_module);

    if (ctx) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_usher_cleanup) {
            ngx_http_set_ctx(r, cln->data, ngx_http_usher_module);
            return cln->data;
        }
    }

    return NULL;
}
