
/*
 * usher_hop_secret: boxes of the fleet sign their requests to each other, and a
 * shield or origin answers nobody else. $usher_hop is the signature, for
 * proxy_set_header; $usher_cdn_loop names the servers a request went through.
 */

#include "ngx_http_usher_traffic.h"
#include "../hop_bridge.h"


#define NGX_HTTP_USHER_HOP_ZONE_SIZE   (4 * 1024 * 1024)


typedef struct {
    ngx_shm_zone_t              *zone;          /* where somebody requires */
} ngx_http_usher_hop_main_conf_t;


typedef struct {
    ngx_slab_pool_t             *shpool;
    void                        *nonces;
    size_t                       size;
} ngx_http_usher_hop_zone_t;


typedef struct {
    usher_file_t                *secrets;
    ngx_str_t                    cdn_id;
    unsigned                     required:1;
} ngx_http_usher_hop_srv_conf_t;


/* of a request, or subrequest, that goes to an upstream */

typedef struct {
    ngx_str_t                    value;         /* in its request buffer */
    ngx_int_t                  (*reinit_request)(ngx_http_request_t *r);
} ngx_http_usher_hop_ctx_t;


static ngx_int_t ngx_http_usher_hop_loop(ngx_http_request_t *r,
    ngx_http_usher_hop_srv_conf_t *uhcf);
static ngx_int_t ngx_http_usher_hop_verify(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, ngx_http_usher_hop_srv_conf_t *uhcf,
    usher_view_t header);
static ngx_int_t ngx_http_usher_hop_refuse(ngx_http_request_t *r,
    ngx_int_t refusal);
static ngx_uint_t ngx_http_usher_hop_is(ngx_table_elt_t *h, const char *name);
static usher_view_t ngx_http_usher_hop_take(ngx_http_request_t *r);

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

static ngx_int_t ngx_http_usher_hop_add_variables(ngx_conf_t *cf);
static void *ngx_http_usher_hop_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_usher_hop_create_srv_conf(ngx_conf_t *cf);
static char *ngx_http_usher_hop_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_usher_hop_secret(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_usher_hop_name(ngx_conf_t *cf,
    ngx_http_usher_hop_srv_conf_t *uhcf);
static ngx_int_t ngx_http_usher_hop_add_zone(ngx_conf_t *cf);
static ngx_int_t ngx_http_usher_hop_init_zone(ngx_shm_zone_t *zone,
    void *data);


static ngx_command_t  ngx_http_usher_hop_commands[] = {

    { ngx_string("usher_hop_secret"),
      NGX_HTTP_SRV_CONF|NGX_CONF_TAKE12,
      ngx_http_usher_hop_secret,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_usher_hop_module_ctx = {
    ngx_http_usher_hop_add_variables,      /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_usher_hop_create_main_conf,   /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_http_usher_hop_create_srv_conf,    /* create server configuration */
    ngx_http_usher_hop_merge_srv_conf,     /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_usher_hop_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_hop_module_ctx,        /* module context */
    ngx_http_usher_hop_commands,           /* module directives */
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


static ngx_http_variable_t  ngx_http_usher_hop_vars[] = {

    { ngx_string("usher_hop"), NULL,
      ngx_http_usher_hop_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_upstream_host"), NULL,
      ngx_http_usher_upstream_host_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_cdn_loop"), NULL,
      ngx_http_usher_cdn_loop_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


/*
 * Of a main request, once it is canonical: NGX_DECLINED where it may go on.
 * The header leaves the request here, before an upstream or a log has it.
 */

ngx_int_t
ngx_http_usher_hop_check(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx)
{
    ngx_int_t                       refusal;
    usher_view_t                    header;
    ngx_http_usher_hop_srv_conf_t  *uhcf;

    uhcf = ngx_http_get_module_srv_conf(r, ngx_http_usher_hop_module);

    if (uhcf->secrets == NULL) {
        return NGX_DECLINED;
    }

    header = ngx_http_usher_hop_take(r);

    refusal = ngx_http_usher_hop_loop(r, uhcf);

    if (refusal != NGX_OK) {
        return refusal;
    }

    return uhcf->required ? ngx_http_usher_hop_verify(r, ctx, uhcf, header)
                          : NGX_DECLINED;
}


static ngx_int_t
ngx_http_usher_hop_loop(ngx_http_request_t *r,
    ngx_http_usher_hop_srv_conf_t *uhcf)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_usher_hop_is(&h[i], "cdn-loop")
                && usher_cdn_passed(ngx_http_usher_view(&h[i].value),
                                    ngx_http_usher_view(&uhcf->cdn_id)))
            {
                return ngx_http_usher_finish(r,
                           ngx_http_usher_hop_refuse(r, usher_hop_loop));
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_hop_verify(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx,
    ngx_http_usher_hop_srv_conf_t *uhcf, usher_view_t header)
{
    usher_hop_t                      hop;
    usher_hop_message_t              message;
    ngx_http_usher_hop_zone_t       *zone;
    ngx_http_usher_main_conf_t      *umcf;
    ngx_http_usher_hop_main_conf_t  *uhmcf;

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);
    uhmcf = ngx_http_get_module_main_conf(r, ngx_http_usher_hop_module);
    zone = uhmcf->zone->data;

    ngx_memzero(&message, sizeof(usher_hop_message_t));

    message.method = ngx_http_usher_view(&r->method_name);
    message.host = ngx_http_usher_view(&r->headers_in.server);
    message.path = ngx_http_usher_view(&r->uri);
    message.args = ngx_http_usher_view(&r->args);

    ngx_shmtx_lock(&zone->shpool->mutex);
    usher_hop_check(uhcf->secrets, umcf->secrets, &message, header,
                    zone->nonces, zone->size, ngx_time(), &hop);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    switch (hop.verdict) {

    case USHER_HOP_GOOD:
        break;

    case USHER_HOP_DENIED:
        return ngx_http_usher_finish(r,
                   ngx_http_usher_refuse(r, hop.denial, "key by hop"));

    default: /* USHER_HOP_REFUSED */
        return ngx_http_usher_finish(r,
                   ngx_http_usher_hop_refuse(r, hop.refusal));
    }

    if (ctx->credential.len == 0) {
        ctx->credential = ngx_http_usher_str(hop.credential);
    }

    ctx->signed_body = hop.has_body;
    ngx_memcpy(ctx->body_digest, hop.body, sizeof(hop.body));

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_usher_hop_refuse(ngx_http_request_t *r, ngx_int_t refusal)
{
    const char  *code;

    code = usher_hop_code(refusal);

    usher_traffic_hop_refused(ngx_http_usher_traffic(r), refusal);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "usher: refused, %s",
                  code);

    return ngx_http_usher_problem(r, usher_hop_status(refusal), code,
                                  usher_hop_sentence(refusal));
}


/* from a content handler, whose result this is */

ngx_int_t
ngx_http_usher_hop_refuse_body(ngx_http_request_t *r)
{
    return ngx_http_usher_hop_refuse(r, usher_hop_invalid);
}


/* whether a key POST is what its header was signed for */

ngx_uint_t
ngx_http_usher_hop_covers(ngx_http_request_t *r, const ngx_str_t *body)
{
    ngx_http_usher_ctx_t           *ctx;
    ngx_http_usher_hop_srv_conf_t  *uhcf;

    uhcf = ngx_http_get_module_srv_conf(r, ngx_http_usher_hop_module);
    ctx = ngx_http_usher_get_ctx(r);

    if (!uhcf->required) {
        return 1;
    }

    return ctx && ctx->signed_body
           && usher_hop_body_matches(ctx->body_digest,
                                     ngx_http_usher_view(body));
}


static ngx_uint_t
ngx_http_usher_hop_is(ngx_table_elt_t *h, const char *name)
{
    return h->key.len == ngx_strlen(name)
           && ngx_strncmp(h->lowcase_key, name, h->key.len) == 0;
}


/* the only one of that name, which then reads as empty */

static usher_view_t
ngx_http_usher_hop_take(ngx_http_request_t *r)
{
    ngx_uint_t        i, n;
    usher_view_t      header, none = { NULL, 0 };
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    header = none;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_usher_hop_is(&h[i], "usher-hop")) {
                header = ngx_http_usher_view(&h[i].value);
                h[i].value.len = 0;
                n++;
            }
        }
    }

    return n == 1 ? header : none;
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
            if (ngx_http_usher_hop_is(&h[i], "cdn-loop")) {
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
            if (ngx_http_usher_hop_is(&h[i], "cdn-loop")) {
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


static ngx_int_t
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


static void *
ngx_http_usher_hop_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_hop_main_conf_t));
}


static void *
ngx_http_usher_hop_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_hop_srv_conf_t));
}


static char *
ngx_http_usher_hop_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_usher_hop_srv_conf_t  *uhcf = child;

    ngx_http_usher_srv_conf_t   *uscf;
    ngx_http_usher_main_conf_t  *umcf;

    if (!uhcf->required) {
        return NGX_CONF_OK;
    }

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_module);
    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_usher_module);

    if (uscf->gives_keys && umcf->secrets == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"usher_hop_secret\" beside "
                           "\"usher_content_keys\" cannot tell whose session "
                           "asks for a key; add \"usher_session_secrets "
                           "FILE\" to http, the edges' file");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* usher_hop_secret FILE [sign_only] */

static char *
ngx_http_usher_hop_secret(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_hop_srv_conf_t  *uhcf = conf;

    ngx_str_t                  *value;
    ngx_http_usher_srv_conf_t  *uscf;

    if (uhcf->secrets) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 3) {
        if (ngx_strcmp(value[2].data, "sign_only") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"; \"sign_only\" is "
                               "the only one, for a server that viewers reach",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

    } else {
        uhcf->required = 1;
    }

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    uhcf->secrets = ngx_http_usher_open_file(cf, USHER_HOP_SECRETS, &value[1]);

    if (uhcf->secrets == NULL || ngx_http_usher_hop_name(cf, uhcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* what is signed is the canonical request */

    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_usher_module);
    uscf->active = 1;

    if (uhcf->required && ngx_http_usher_hop_add_zone(cf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* a name for this server: its box, and where its block stands */

static ngx_int_t
ngx_http_usher_hop_name(ngx_conf_t *cf, ngx_http_usher_hop_srv_conf_t *uhcf)
{
    u_char          *description, *last;
    size_t           len;
    usher_buffer_t   id;
    usher_view_t     view;

    len = cf->cycle->hostname.len + cf->conf_file->file.name.len
          + cf->cycle->prefix.len + NGX_INT_T_LEN + 3;

    description = ngx_pnalloc(cf->pool, len);
    id.capacity = USHER_CDN_ID_CAPACITY;
    id.data = ngx_pnalloc(cf->pool, id.capacity);

    if (description == NULL || id.data == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(description, "%V %V %V:%ui", &cf->cycle->hostname,
                       &cf->cycle->prefix, &cf->conf_file->file.name,
                       cf->conf_file->line);

    view.data = (const char *) description;
    view.size = last - description;

    if (usher_cdn_id(view, &id) != 0) {
        return NGX_ERROR;
    }

    uhcf->cdn_id.data = (u_char *) id.data;
    uhcf->cdn_id.len = id.size;

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_hop_add_zone(ngx_conf_t *cf)
{
    ngx_shm_zone_t                  *zone;
    ngx_http_usher_hop_main_conf_t  *uhmcf;

    static ngx_str_t  name = ngx_string("usher_hops");

    uhmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_hop_module);

    if (uhmcf->zone) {
        return NGX_OK;
    }

    zone = ngx_shared_memory_add(cf, &name, NGX_HTTP_USHER_HOP_ZONE_SIZE,
                                 &ngx_http_usher_hop_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_http_usher_hop_init_zone;
    zone->data = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_hop_zone_t));

    if (zone->data == NULL) {
        return NGX_ERROR;
    }

    uhmcf->zone = zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_hop_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_usher_hop_zone_t  *old = data;

    ngx_slab_pool_t            *shpool;
    ngx_http_usher_hop_zone_t  *hops;

    hops = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    hops->shpool = shpool;

    if (old) {
        hops->nonces = old->nonces;
        hops->size = old->size;

        if (usher_hop_nonces_usable(hops->nonces, hops->size)) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" was made by another version of the "
                      "module: restart nginx instead of reloading it",
                      &zone->shm.name);
        return NGX_ERROR;
    }

    /* all pages that are left, in one piece: the zone is new */

    hops->size = shpool->pfree * ngx_pagesize;

    if (hops->size < usher_hop_nonces_minimum()) {
        return NGX_ERROR;
    }

    hops->nonces = ngx_slab_alloc(shpool, hops->size);

    if (hops->nonces == NULL) {
        return NGX_ERROR;
    }

    shpool->data = hops->nonces;

    usher_hop_nonces_format(hops->nonces, hops->size);

    return NGX_OK;
}
