
/*
 * What a request to another box carries: $usher_hop, its signature, for
 * proxy_set_header; $usher_upstream_host; and $usher_cdn_loop, which names the
 * servers a request went through.
 */

#include "ngx_http_usher_hop.h"


/* of a request, or subrequest, that goes to an upstream */

typedef struct {
    ngx_str_t                    value;         /* in its request buffer */
    ngx_int_t                  (*reinit_request)(ngx_http_request_t *r);
} ngx_http_usher_hop_ctx_t;


static ngx_int_t ngx_http_usher_hop_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_hop_sign(ngx_http_request_t *r,
    ngx_str_t *value);
static void ngx_http_usher_hop_method(ngx_http_request_t *r,
    ngx_str_t *method);
static ngx_int_t ngx_http_usher_hop_host(ngx_http_request_t *r,
    ngx_str_t *host);
static ngx_int_t ngx_http_usher_hop_watch(ngx_http_request_t *r,
    ngx_str_t *value);
static ngx_int_t ngx_http_usher_hop_sign_again(ngx_http_request_t *r);
static void ngx_http_usher_hop_replace(ngx_chain_t *cl, ngx_str_t *from,
    ngx_str_t *to);
static ngx_int_t ngx_http_usher_upstream_host_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_cdn_loop_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_usher_hop_set(ngx_http_variable_value_t *v,
    ngx_str_t *value);


static ngx_http_variable_t  ngx_http_usher_hop_vars[] = {

    { ngx_string("usher_hop"), NULL,
      ngx_http_usher_hop_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_upstream_host"), NULL,
      ngx_http_usher_upstream_host_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_cdn_loop"), NULL,
      ngx_http_usher_cdn_loop_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_usher_hop_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_usher_hop_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/*
 * What the upstream of this request must see. Empty, so that no header is sent
 * and the upstream refuses, where there is nothing to sign or to sign with.
 */

static ngx_int_t
ngx_http_usher_hop_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                       value;
    ngx_http_usher_hop_srv_conf_t  *uhcf;

    ngx_str_null(&value);

    uhcf = ngx_http_get_module_srv_conf(r, ngx_http_usher_hop_module);

    /* once the request is sent it could only leak, into a header or a log */

    if (uhcf->secrets && r->upstream && !r->upstream->request_sent
        && ngx_http_usher_hop_sign(r, &value) == NGX_OK
        && ngx_http_usher_hop_watch(r, &value) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_usher_hop_set(v, &value);

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_hop_sign(ngx_http_request_t *r, ngx_str_t *value)
{
    ngx_str_t                       method, host, body;
    usher_buffer_t                  header;
    usher_hop_message_t             message;
    ngx_http_usher_ctx_t           *ctx;
    ngx_http_usher_hop_srv_conf_t  *uhcf;

    uhcf = ngx_http_get_module_srv_conf(r, ngx_http_usher_hop_module);
    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || ctx->logging) {
        return NGX_DECLINED;
    }

    ngx_http_usher_hop_method(r, &method);
    ngx_str_null(&body);

    if (r->method == NGX_HTTP_POST
        && (ngx_http_usher_body(r, &body) != NGX_OK
            || !ngx_http_usher_hop_covers(r, &body)))
    {
        return NGX_DECLINED;
    }

    header.capacity = USHER_HOP_CAPACITY;
    header.size = 0;
    header.data = ngx_pnalloc(r->pool, header.capacity);

    if (header.data == NULL || ngx_http_usher_hop_host(r, &host) != NGX_OK) {
        return NGX_ERROR;
    }

    message.method = ngx_http_usher_view(&method);
    message.host = ngx_http_usher_view(&host);
    message.path = ngx_http_usher_view(&r->uri);
    message.args = ngx_http_usher_view(&r->args);
    message.credential = ngx_http_usher_view(&ctx->credential);
    message.body = ngx_http_usher_view(&body);

    if (usher_hop_sign(uhcf->secrets, &message, ngx_time(), &header) != 0) {
        return NGX_DECLINED;
    }

    value->data = (u_char *) header.data;
    value->len = header.size;

    return NGX_OK;
}


/* a cache asks for the whole object, also where the viewer said HEAD */

static void
ngx_http_usher_hop_method(ngx_http_request_t *r, ngx_str_t *method)
{
    *method = r->upstream->method.len ? r->upstream->method : r->method_name;

    while (method->len && method->data[method->len - 1] == ' ') {
        method->len--;
    }
}


/* as the upstream will call itself: its Host header, in lower case */

static ngx_int_t
ngx_http_usher_hop_host(ngx_http_request_t *r, ngx_str_t *host)
{
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    if (ulcf->cache_namespace.len == 0) {
        *host = r->headers_in.server;
        return NGX_OK;
    }

    host->len = ulcf->cache_namespace.len;
    host->data = ngx_pnalloc(r->pool, host->len);

    if (host->data == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(host->data, ulcf->cache_namespace.data, host->len);

    return NGX_OK;
}


/*
 * nginx sends the bytes of the first attempt again to the next server, or to
 * the same one where a kept connection broke. A nonce is good once, so each
 * attempt gets its own.
 */

static ngx_int_t
ngx_http_usher_hop_watch(ngx_http_request_t *r, ngx_str_t *value)
{
    ngx_http_upstream_t       *u;
    ngx_http_usher_hop_ctx_t  *ctx;

    u = r->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_hop_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_usher_hop_ctx_t));
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        ngx_http_set_ctx(r, ctx, ngx_http_usher_hop_module);
    }

    ctx->value = *value;

    if (u->reinit_request != ngx_http_usher_hop_sign_again) {
        ctx->reinit_request = u->reinit_request;
        u->reinit_request = ngx_http_usher_hop_sign_again;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_hop_sign_again(ngx_http_request_t *r)
{
    ngx_str_t                  value;
    ngx_http_usher_hop_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_hop_module);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_usher_hop_sign(r, &value) == NGX_OK
        && value.len == ctx->value.len)
    {
        ngx_http_usher_hop_replace(r->upstream->request_bufs, &ctx->value,
                                   &value);
        ctx->value = value;
    }

    return ctx->reinit_request(r);
}


static void
ngx_http_usher_hop_replace(ngx_chain_t *cl, ngx_str_t *from, ngx_str_t *to)
{
    u_char  *p;

    if (cl == NULL || !ngx_buf_in_memory(cl->buf)) {
        return;
    }

    for (p = cl->buf->start; p + from->len <= cl->buf->last; p++) {
        if (ngx_memcmp(p, from->data, from->len) == 0) {
            ngx_memcpy(p, to->data, to->len);
            return;
        }
    }
}


static ngx_int_t
ngx_http_usher_upstream_host_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t  host;

    if (ngx_http_usher_hop_host(r, &host) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_usher_hop_set(v, &host);

    return NGX_OK;
}


/*
 * A box of the fleet passes on what it was told; an edge begins anew, or one
 * viewer could spoil a fetch that all of them share. A loop leads through the
 * edge again, and ends there.
 */

static ngx_int_t
ngx_http_usher_cdn_loop_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t                          len;
    u_char                         *p;
    ngx_str_t                       value;
    ngx_uint_t                      i;
    ngx_list_part_t                *part;
    ngx_table_elt_t                *h;
    ngx_http_usher_hop_srv_conf_t  *uhcf;

    uhcf = ngx_http_get_module_srv_conf(r, ngx_http_usher_hop_module);

    if (!uhcf->required) {
        ngx_http_usher_hop_set(v, &uhcf->cdn_id);
        return NGX_OK;
    }

    len = uhcf->cdn_id.len;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_usher_is_header(&h[i], "cdn-loop")) {
                len += h[i].value.len + sizeof(", ") - 1;
            }
        }
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    value.len = len;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_usher_is_header(&h[i], "cdn-loop")) {
                p = ngx_http_usher_append(p, h[i].value.data, h[i].value.len);
                p = ngx_cpymem(p, ", ", sizeof(", ") - 1);
            }
        }
    }

    ngx_memcpy(p, uhcf->cdn_id.data, uhcf->cdn_id.len);

    ngx_http_usher_hop_set(v, &value);

    return NGX_OK;
}


static void
ngx_http_usher_hop_set(ngx_http_variable_value_t *v, ngx_str_t *value)
{
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = value->data;
    v->len = value->len;
}
