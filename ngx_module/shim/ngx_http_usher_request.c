
/*
 * A request's first and last phase: made canonical before anything looks at
 * it, and rid of what must not be logged before anything logs it.
 */

#include "ngx_http_usher_traffic.h"


static ngx_uint_t ngx_http_usher_is_header(ngx_table_elt_t *h,
    const char *name);
static ngx_uint_t ngx_http_usher_is_source(const usher_source_t *source,
    ngx_table_elt_t *h);
static void ngx_http_usher_cleanup(void *data);
static ngx_int_t ngx_http_usher_canonicalise(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx);
static ngx_int_t ngx_http_usher_redact_line(ngx_http_request_t *r);
static void ngx_http_usher_redact_referer(ngx_http_request_t *r);
static void ngx_http_usher_redact_unread(ngx_http_request_t *r);
static void ngx_http_usher_redact_location(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, usher_view_t *view);


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
    ngx_http_usher_loc_conf_t  *ulcf;

    static usher_source_t  bearer = { USHER_SOURCE_BEARER, { NULL, 0 } };

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

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


/* the first header of that name, which is in lower case */

usher_view_t
ngx_http_usher_header(ngx_http_request_t *r, const char *name)
{
    ngx_uint_t        i;
    usher_view_t      none = { NULL, 0 };
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_usher_is_header(&h[i], name)) {
                return ngx_http_usher_view(&h[i].value);
            }
        }
    }

    return none;
}


/* a ticket may stand in one header besides Authorization and Cookie */

usher_view_t
ngx_http_usher_ticket_header(ngx_http_request_t *r)
{
    ngx_uint_t                  n;
    usher_view_t                none = { NULL, 0 };
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    for (n = 0; n < ulcf->policy.source_count; n++) {
        if (ulcf->policy.sources[n].kind == USHER_SOURCE_HEADER) {
            return ngx_http_usher_header(r, ulcf->policy.sources[n].name.data);
        }
    }

    return none;
}


static ngx_uint_t
ngx_http_usher_is_header(ngx_table_elt_t *h, const char *name)
{
    /* most differ in their first letter */

    return h->lowcase_key[0] == (u_char) name[0]
           && h->key.len == ngx_strlen(name)
           && ngx_memcmp(h->lowcase_key, name, h->key.len) == 0;
}


usher_view_t
ngx_http_usher_scheme(ngx_http_request_t *r)
{
    static const usher_view_t  http = { "http", 4 };

#if (NGX_HTTP_SSL)

    static const usher_view_t  https = { "https", 5 };

    if (r->connection->ssl) {
        return https;
    }

#endif

    return http;
}


/*
 * As the client names this server, port included, for URLs that lead back
 * here; they are written into XML and JSON, so nothing that means something
 * there is let through.
 */

usher_view_t
ngx_http_usher_host(ngx_http_request_t *r)
{
    size_t                     i;
    u_char                     c;
    usher_view_t               host;
    ngx_http_core_srv_conf_t  *cscf;

    host = ngx_http_usher_header(r, "host");

    for (i = 0; i < host.size; i++) {
        c = (u_char) host.data[i];

        if (!isalnum(c) && ngx_strchr(".-_:[]", c) == NULL) {
            break;
        }
    }

    if (i == host.size && host.size) {
        return host;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    return ngx_http_usher_view(&cscf->server_name);
}


usher_method_t
ngx_http_usher_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
        return USHER_METHOD_GET;

    case NGX_HTTP_HEAD:
        return USHER_METHOD_HEAD;

    case NGX_HTTP_OPTIONS:
        return USHER_METHOD_OPTIONS;

    case NGX_HTTP_POST:
        return USHER_METHOD_POST;

    case NGX_HTTP_DELETE:
        return USHER_METHOD_DELETE;

    default:
        return USHER_METHOD_OTHER;
    }
}


/* in network order; realip has had its say */

usher_view_t
ngx_http_usher_address(ngx_http_request_t *r)
{
    usher_view_t          address = { NULL, 0 };
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (r->connection->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        address.data = (char *) &sin->sin_addr;
        address.size = sizeof(struct in_addr);
        break;

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;
        address.data = (char *) &sin6->sin6_addr;
        address.size = sizeof(struct in6_addr);

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            address.data += sizeof(struct in6_addr) - sizeof(struct in_addr);
            address.size = sizeof(struct in_addr);
        }

        break;

#endif

    default: /* a unix socket */
        break;
    }

    return address;
}


usher_view_t
ngx_http_usher_agent(ngx_http_request_t *r)
{
    usher_view_t  none = { NULL, 0 };

    return r->headers_in.user_agent
           ? ngx_http_usher_view(&r->headers_in.user_agent->value) : none;
}


/* in the location that guards what is asked for: its rules are asked */

ngx_int_t
ngx_http_usher_viewer(ngx_http_request_t *r, usher_viewer_t *viewer)
{
    ngx_http_usher_loc_conf_t  *ulcf;

    ngx_memzero(viewer, sizeof(usher_viewer_t));

    viewer->address = ngx_http_usher_address(r);
    viewer->agent = ngx_http_usher_agent(r);

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    viewer->scheme = ngx_http_usher_scheme(r);
    viewer->authority = ngx_http_usher_host(r);

    if (ngx_http_usher_value(r, ulcf->country, &viewer->country) != NGX_OK
        || ngx_http_usher_value(r, ulcf->viewer_scheme, &viewer->scheme)
           != NGX_OK
        || ngx_http_usher_value(r, ulcf->viewer_host, &viewer->authority)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* leaves `view` alone where nothing is configured */

static ngx_int_t
ngx_http_usher_value(ngx_http_request_t *r, ngx_http_complex_value_t *cv,
    usher_view_t *view)
{
    ngx_str_t  value;

    if (cv == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, cv, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    *view = ngx_http_usher_view(&value);

    return NGX_OK;
}
