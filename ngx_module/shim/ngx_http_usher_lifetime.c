
/*
 * usher_lifetimes: how long caches keep an answer, by what it is, and what
 * they say about it: Cache-Control, Age (RFC 9111) and Cache-Status (RFC 9211).
 *
 * Called by the header filter, which nginx runs before it writes the head of a
 * cache file: what r->cache->valid_sec is then, stays.
 */

#include "ngx_http_usher_module.h"
#include "../lifetime_bridge.h"


typedef struct {
    ngx_flag_t                   enable;
    ngx_str_t                    name;          /* in Cache-Status */
} ngx_http_usher_lifetime_loc_conf_t;


#if (NGX_HTTP_CACHE)
static ngx_int_t ngx_http_usher_lifetime_store(ngx_http_request_t *r,
    usher_lifetime_t *lifetime);
static void ngx_http_usher_lifetime_recall(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_lifetime_set_age(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_lifetime_set_status(ngx_http_request_t *r,
    ngx_str_t *name);
static u_char *ngx_http_usher_lifetime_status(ngx_http_request_t *r,
    u_char *p);
#endif
static int64_t ngx_http_usher_lifetime_fresh(ngx_http_request_t *r);
static time_t ngx_http_usher_lifetime_age(ngx_list_t *headers,
    ngx_uint_t drop);
static ngx_int_t ngx_http_usher_lifetime_say(ngx_http_request_t *r,
    usher_lifetime_t *lifetime);

static void *ngx_http_usher_lifetime_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_usher_lifetime_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_usher_lifetimes(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_usher_lifetime_commands[] = {

    { ngx_string("usher_lifetimes"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_usher_lifetimes,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_usher_lifetime_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_usher_lifetime_create_loc_conf,
                                           /* create location configuration */
    ngx_http_usher_lifetime_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_usher_lifetime_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_lifetime_module_ctx,   /* module context */
    ngx_http_usher_lifetime_commands,      /* module directives */
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


/*
 * Of each answer, those of subrequests included, for they fill caches, too.
 * NGX_DECLINED where it must not go out.
 */

ngx_int_t
ngx_http_usher_lifetime(ngx_http_request_t *r)
{
    usher_lifetime_t                     lifetime;
    ngx_http_usher_ctx_t                *ctx;
    ngx_http_usher_lifetime_loc_conf_t  *ullcf;

    ullcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_lifetime_module);
    ctx = ngx_http_usher_get_ctx(r);

    /* the module's own answers say themselves what may be kept */

    if (!ullcf->enable || r->filter_finalize
        || (r == r->main && ctx && ctx->answered))
    {
        return NGX_OK;
    }

    lifetime = usher_lifetime(ngx_http_usher_view(&r->uri),
                              ngx_http_usher_view(&r->args),
                              (int) r->headers_out.status,
                              ngx_http_usher_lifetime_fresh(r));

#if (NGX_HTTP_CACHE)

    if (r->cache && ngx_http_usher_lifetime_store(r, &lifetime) != NGX_OK) {
        return NGX_DECLINED;
    }

#endif

    if (r != r->main) {
        return NGX_OK;
    }

    if (ngx_http_usher_lifetime_say(r, &lifetime) != NGX_OK) {
        return NGX_ERROR;
    }

#if (NGX_HTTP_CACHE)

    if (r->cached && ngx_http_usher_lifetime_set_age(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->upstream) {
        return ngx_http_usher_lifetime_set_status(r, &ullcf->name);
    }

#endif

    return NGX_OK;
}


#if (NGX_HTTP_CACHE)

static ngx_int_t
ngx_http_usher_lifetime_store(ngx_http_request_t *r,
    usher_lifetime_t *lifetime)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (u == NULL) {
        return NGX_OK;
    }

    if (r->cached) {
        ngx_http_usher_lifetime_recall(r);

        /* "it was missing a while ago" is no answer where nobody knows */

        if (u->cache_status != NGX_HTTP_CACHE_HIT
            && r->headers_out.status >= NGX_HTTP_BAD_REQUEST)
        {
            return NGX_DECLINED;
        }

        return NGX_OK;
    }

    if (!lifetime->decided || !u->cacheable) {
        return NGX_OK;
    }

    if (lifetime->seconds == 0) {
        u->cacheable = 0;
        return NGX_OK;
    }

    /* nginx keeps it until this second is over */

    r->cache->valid_sec = ngx_time() + lifetime->seconds - 1;

    return NGX_OK;
}


/*
 * nginx reads the cached head like one that came just now, and reckons with a
 * max-age that began long ago: back to what the file says.
 */

static void
ngx_http_usher_lifetime_recall(ngx_http_request_t *r)
{
    ngx_http_cache_t              *c;
    ngx_http_file_cache_header_t  *h;

    c = r->cache;

    if (c->buf == NULL || c->buf->start == NULL
        || c->header_start < sizeof(ngx_http_file_cache_header_t))
    {
        return;
    }

    h = (ngx_http_file_cache_header_t *) c->buf->start;

    if (h->version == NGX_HTTP_CACHE_VERSION) {
        c->valid_sec = h->valid_sec;
        c->date = h->date;
    }
}


static ngx_int_t
ngx_http_usher_lifetime_set_age(ngx_http_request_t *r)
{
    u_char  *p, *last;
    time_t   age;

    age = ngx_http_usher_lifetime_age(&r->headers_out.headers, 1);

    if (r->cache->date) {
        age += ngx_max(0, ngx_time() - r->cache->date);
    }

    p = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(p, "%T", age);

    return ngx_http_usher_push_header(r, "Age", (char *) p, last - p);
}


/* one more member, behind those of the caches before this one */

static ngx_int_t
ngx_http_usher_lifetime_set_status(ngx_http_request_t *r, ngx_str_t *name)
{
    u_char  *value, *p;

    value = ngx_pnalloc(r->pool, name->len + NGX_TIME_T_LEN
                                 + sizeof("; fwd=uri-miss; stored; ttl=") - 1);
    if (value == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value, name->data, name->len);
    p = ngx_http_usher_lifetime_status(r, p);

    return ngx_http_usher_push_header(r, "Cache-Status", (char *) value,
                                      p - value);
}


static u_char *
ngx_http_usher_lifetime_status(ngx_http_request_t *r, u_char *p)
{
    ngx_uint_t            stored;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    stored = r->cache && !r->cached && u->cacheable && r->cache->valid_sec;

    switch (r->cache ? u->cache_status : NGX_HTTP_CACHE_BYPASS) {

    case NGX_HTTP_CACHE_HIT:
    case NGX_HTTP_CACHE_UPDATING:
        p = ngx_sprintf(p, "; hit");
        break;

    case NGX_HTTP_CACHE_EXPIRED:
    case NGX_HTTP_CACHE_STALE:
    case NGX_HTTP_CACHE_REVALIDATED:
        p = ngx_sprintf(p, "; fwd=stale");
        break;

    case NGX_HTTP_CACHE_BYPASS:
        p = ngx_sprintf(p, "; fwd=bypass");
        break;

    default: /* NGX_HTTP_CACHE_MISS, NGX_HTTP_CACHE_SCARCE */
        p = ngx_sprintf(p, "; fwd=uri-miss");
    }

    if (stored) {
        p = ngx_sprintf(p, "; stored");
    }

    /* below zero where it is stale */

    if (stored || r->cached) {
        p = ngx_sprintf(p, "; ttl=%T", r->cache->valid_sec - ngx_time());
    }

    return p;
}

#endif


/* max-age less Age, where an upstream has just said so */

static int64_t
ngx_http_usher_lifetime_fresh(ngx_http_request_t *r)
{
#if (NGX_HTTP_CACHE)
    time_t  fresh;

    if (r->upstream && r->cache && !r->cached && r->cache->valid_sec) {
        fresh = r->cache->valid_sec - ngx_time()
                - ngx_http_usher_lifetime_age(&r->upstream->headers_in.headers,
                                              0);
        return ngx_max(0, fresh);
    }
#endif

    return -1;
}


static time_t
ngx_http_usher_lifetime_age(ngx_list_t *headers, ngx_uint_t drop)
{
    time_t            age, value;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    age = 0;

    for (part = &headers->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].hash == 0 || h[i].key.len != sizeof("Age") - 1
                || ngx_strncasecmp(h[i].key.data, (u_char *) "Age",
                                   sizeof("Age") - 1)
                   != 0)
            {
                continue;
            }

            value = ngx_atotm(h[i].value.data, h[i].value.len);
            age = ngx_max(age, value);

            if (drop) {
                h[i].hash = 0;
            }
        }
    }

    return age;
}


static ngx_int_t
ngx_http_usher_lifetime_say(ngx_http_request_t *r, usher_lifetime_t *lifetime)
{
    if (!lifetime->decided || lifetime->cache_control.size == 0) {
        return NGX_OK;
    }

    ngx_http_usher_drop_headers(r, "Cache-Control");
    ngx_http_usher_drop_headers(r, "Expires");

    return ngx_http_usher_push_header(r, "Cache-Control",
                                      lifetime->cache_control.data,
                                      lifetime->cache_control.size);
}


static void *
ngx_http_usher_lifetime_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_usher_lifetime_loc_conf_t  *ullcf;

    ullcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_lifetime_loc_conf_t));
    if (ullcf == NULL) {
        return NULL;
    }

    ullcf->enable = NGX_CONF_UNSET;

    return ullcf;
}


static char *
ngx_http_usher_lifetime_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_usher_lifetime_loc_conf_t  *prev = parent;
    ngx_http_usher_lifetime_loc_conf_t  *conf = child;

    ngx_http_usher_srv_conf_t  *uscf;

    if (conf->enable == NGX_CONF_UNSET) {
        *conf = *prev;
    }

    if (conf->enable == NGX_CONF_UNSET) {
        conf->enable = 0;
    }

    if (conf->enable) {
        uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_usher_module);
        uscf->active = 1;
    }

    return NGX_CONF_OK;
}


/* usher_lifetimes on|off [name=NAME] */

static char *
ngx_http_usher_lifetimes(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_lifetime_loc_conf_t  *ullcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (ullcf->enable != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ullcf->enable = 0;
        return cf->args->nelts == 2 ? NGX_CONF_OK
                                    : "takes no parameters when \"off\"";
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        return "must be \"on\" or \"off\"";
    }

    ullcf->enable = 1;
    ngx_str_set(&ullcf->name, "usher");

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (value[2].len <= 5 || ngx_strncmp(value[2].data, "name=", 5) != 0) {
        goto invalid;
    }

    ullcf->name.data = value[2].data + 5;
    ullcf->name.len = value[2].len - 5;

    /* a token (RFC 9651 section 3.3.4) of characters that are sure to be one */

    for (i = 0; i < ullcf->name.len; i++) {
        if (!isalpha(ullcf->name.data[i])
            && (i == 0 || (!isdigit(ullcf->name.data[i])
                           && ullcf->name.data[i] != '-'
                           && ullcf->name.data[i] != '.')))
        {
            goto invalid;
        }
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\"; use \"name=NAME\" with "
                       "letters, digits, \"-\" and \".\", a letter first",
                       &value[2]);
    return NGX_CONF_ERROR;
}
