
/*
 * $usher_cmcd_KEY: what the player says of its playback (CTA-5004), from the
 * query or from headers. It is never part of a cache key and reaches no
 * upstream by itself: the module drops the argument.
 */

#include "ngx_http_usher_module.h"
#include "../cmcd_bridge.h"


static ngx_int_t ngx_http_usher_cmcd_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static const char  *ngx_http_usher_cmcd_headers[] = {
    "cmcd-request",
    "cmcd-object",
    "cmcd-status",
    "cmcd-session",
};


ngx_int_t
ngx_http_usher_add_cmcd_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var;

    static ngx_str_t  prefix = ngx_string("usher_cmcd_");

    var = ngx_http_add_variable(cf, &prefix, NGX_HTTP_VAR_NOCACHEABLE
                                             |NGX_HTTP_VAR_PREFIX);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_usher_cmcd_variable;

    return NGX_OK;
}


/* `data` is the whole name */

static ngx_int_t
ngx_http_usher_cmcd_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t             *name = (ngx_str_t *) data;

    ngx_uint_t             i;
    usher_view_t           key;
    usher_buffer_t         value;
    ngx_http_usher_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL) {
        return NGX_OK;
    }

    key.data = (const char *) name->data + sizeof("usher_cmcd_") - 1;
    key.size = name->len - (sizeof("usher_cmcd_") - 1);

    value.size = 0;
    value.capacity = USHER_CMCD_CAPACITY;
    value.data = ngx_pnalloc(r->pool, value.capacity);

    if (value.data == NULL) {
        return NGX_ERROR;
    }

    usher_cmcd_of_query(ngx_http_usher_view(&ctx->query), key, &value);

    for (i = 0;
         value.size == 0
         && i < sizeof(ngx_http_usher_cmcd_headers) / sizeof(char *);
         i++)
    {
        usher_cmcd_of_header(ngx_http_usher_header(r,
                                 ngx_http_usher_cmcd_headers[i]),
                             key, &value);
    }

    if (value.size == 0) {
        return NGX_OK;
    }

    v->data = (u_char *) value.data;
    v->len = value.size;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}
