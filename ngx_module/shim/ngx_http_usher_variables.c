
/*
 * Variables for cache keys, logs and bodies. None but $usher_licence holds a
 * secret, and that one reads as "-" once the request is being logged.
 */

#include "ngx_http_usher_module.h"


static ngx_int_t ngx_http_usher_cache_key_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_event_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_session_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_verdict_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_reason_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_licence_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_set_variable(ngx_http_variable_value_t *v,
    const void *data, size_t len);


static ngx_http_variable_t  ngx_http_usher_vars[] = {

    { ngx_string("usher_cache_key"), NULL,
      ngx_http_usher_cache_key_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_event"), NULL,
      ngx_http_usher_event_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_session"), NULL,
      ngx_http_usher_session_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_verdict"), NULL,
      ngx_http_usher_verdict_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_reason"), NULL,
      ngx_http_usher_reason_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_licence"), NULL,
      ngx_http_usher_licence_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_usher_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_usher_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return ngx_http_usher_add_cmcd_variables(cf);
}


/*
 * Host or namespace, path, arguments: all that an upstream is told, and
 * nothing that differs between viewers. No path in an usher server contains
 * "?", so no two requests share a key by accident.
 */

static ngx_int_t
ngx_http_usher_cache_key_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                     *key, *p;
    size_t                      len;
    ngx_str_t                  *name;
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    name = ulcf->cache_namespace.len ? &ulcf->cache_namespace
                                     : &r->headers_in.server;

    len = name->len + r->uri.len + (r->args.len ? 1 + r->args.len : 0);

    key = ngx_pnalloc(r->pool, len);
    if (key == NULL) {
        return NGX_ERROR;
    }

    p = ngx_http_usher_append(key, name->data, name->len);
    p = ngx_cpymem(p, r->uri.data, r->uri.len);

    if (r->args.len) {
        *p++ = '?';
        ngx_memcpy(p, r->args.data, r->args.len);
    }

    return ngx_http_usher_set_variable(v, key, len);
}


static ngx_int_t
ngx_http_usher_event_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    usher_view_t  event;

    event = usher_event_of(ngx_http_usher_view(&r->uri));

    if (event.size == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_usher_set_variable(v, event.data, event.size);
}


/* the session's public id: it names a session, but opens nothing */

static ngx_int_t
ngx_http_usher_session_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                *hex;
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || ctx->session.expires == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    hex = ngx_pnalloc(r->pool, 2 * sizeof(ctx->session.sid));
    if (hex == NULL) {
        return NGX_ERROR;
    }

    ngx_hex_dump(hex, ctx->session.sid, sizeof(ctx->session.sid));

    return ngx_http_usher_set_variable(v, hex, 2 * sizeof(ctx->session.sid));
}


static ngx_int_t
ngx_http_usher_verdict_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                *p, *verdict;
    const char            *code;
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || ctx->verdict == NGX_HTTP_USHER_UNDECIDED) {
        return ngx_http_usher_set_variable(v, "-", 1);
    }

    if (ctx->verdict == NGX_HTTP_USHER_ADMITTED) {
        return ngx_http_usher_set_variable(v, "admitted",
                                           sizeof("admitted") - 1);
    }

    code = usher_denial_code(ctx->denial);

    verdict = ngx_pnalloc(r->pool, sizeof("denied:") - 1 + ngx_strlen(code));
    if (verdict == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(verdict, "denied:", sizeof("denied:") - 1);
    p = ngx_cpymem(p, code, ngx_strlen(code));

    return ngx_http_usher_set_variable(v, verdict, p - verdict);
}


/* why it was denied, in words for who runs the box */

static ngx_int_t
ngx_http_usher_reason_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || ctx->verdict != NGX_HTTP_USHER_DENIED
        || ctx->reason == NULL)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_usher_set_variable(v, (u_char *) ctx->reason,
                                       ngx_strlen(ctx->reason));
}


/* https://<host>/s/<session>/<event>/key/ for sub_filter; a secret */

static ngx_int_t
ngx_http_usher_licence_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                *url, *p;
    usher_view_t           scheme, host, event;
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || ctx->verdict != NGX_HTTP_USHER_ADMITTED
        || ctx->credential.len == 0 || ctx->logging)
    {
        return ngx_http_usher_set_variable(v, "-", 1);
    }

    scheme = ngx_http_usher_scheme(r);
    host = ngx_http_usher_host(r);
    event = usher_event_of(ngx_http_usher_view(&ctx->path));

    url = ngx_pnalloc(r->pool, scheme.size + host.size + ctx->credential.len
                               + event.size
                               + sizeof(":///s///key/") - 1);
    if (url == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(url, scheme.data, scheme.size);
    p = ngx_cpymem(p, "://", sizeof("://") - 1);
    p = ngx_http_usher_append(p, host.data, host.size);
    p = ngx_cpymem(p, "/s/", sizeof("/s/") - 1);
    p = ngx_cpymem(p, ctx->credential.data, ctx->credential.len);
    *p++ = '/';
    p = ngx_http_usher_append(p, event.data, event.size);
    p = ngx_cpymem(p, "/key/", sizeof("/key/") - 1);

    return ngx_http_usher_set_variable(v, url, p - url);
}


static ngx_int_t
ngx_http_usher_set_variable(ngx_http_variable_value_t *v, const void *data,
    size_t len)
{
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = (u_char *) data;
    v->len = len;

    return NGX_OK;
}
