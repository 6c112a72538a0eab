
/*
 * usher_hop_secret: boxes of the fleet sign their requests to each other, and a
 * shield or origin answers nobody else. Here is the directive and the memory of
 * signatures that were used; ..._sign.c signs, ..._check.c checks.
 */

#include "ngx_http_usher_hop.h"


#define NGX_HTTP_USHER_HOP_ZONE_SIZE   (4 * 1024 * 1024)


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
