
/*
 * usher_playlist_timeout: how long an upstream may take for a playlist or an
 * MPD that it has no reason to hold. proxy_read_timeout knows one time for a
 * location, and for low-latency requests that must be three target durations:
 * with it alone an upstream that hangs has everybody wait that long for a
 * playlist of which the cache has an older one to serve.
 *
 * nginx reads u->conf->read_timeout at each timer. So whatever upstream a
 * request goes to, its peer.init is where the request gets a copy of u->conf.
 */

#include "ngx_http_usher_module.h"
#include "../lifetime_bridge.h"


typedef struct {
    ngx_http_upstream_srv_conf_t   *upstream;
    ngx_http_upstream_init_peer_pt  init;
} ngx_http_usher_timeout_upstream_t;


typedef struct {
    ngx_flag_t                      used;
    ngx_array_t                     upstreams;
                                  /* of ngx_http_usher_timeout_upstream_t */
} ngx_http_usher_timeout_main_conf_t;


typedef struct {
    ngx_msec_t                      playlist;
} ngx_http_usher_timeout_loc_conf_t;


static ngx_int_t ngx_http_usher_timeout_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_http_usher_timeout_shorten(ngx_http_request_t *r);

static void *ngx_http_usher_timeout_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_usher_timeout_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_usher_timeout_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_usher_playlist_timeout(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_int_t ngx_http_usher_timeout_init(ngx_conf_t *cf);


static ngx_command_t  ngx_http_usher_timeout_commands[] = {

    { ngx_string("usher_playlist_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_playlist_timeout,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_timeout_loc_conf_t, playlist),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_usher_timeout_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_usher_timeout_init,           /* postconfiguration */

    ngx_http_usher_timeout_create_main_conf,
                                           /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_usher_timeout_create_loc_conf,
                                           /* create location configuration */
    ngx_http_usher_timeout_merge_loc_conf  /* merge location configuration */
};


ngx_module_t  ngx_http_usher_timeout_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_timeout_module_ctx,    /* module context */
    ngx_http_usher_timeout_commands,       /* module directives */
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


static ngx_int_t
ngx_http_usher_timeout_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_uint_t                           i;
    ngx_http_usher_timeout_upstream_t   *upstreams;
    ngx_http_usher_timeout_main_conf_t  *utmcf;

    if (ngx_http_usher_timeout_shorten(r) != NGX_OK) {
        return NGX_ERROR;
    }

    utmcf = ngx_http_get_module_main_conf(r, ngx_http_usher_timeout_module);
    upstreams = utmcf->upstreams.elts;

    for (i = 0; i < utmcf->upstreams.nelts; i++) {
        if (upstreams[i].upstream == us) {
            return upstreams[i].init(r, us);
        }
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_usher_timeout_shorten(ngx_http_request_t *r)
{
    ngx_http_upstream_t                *u;
    ngx_http_upstream_conf_t           *conf;
    ngx_http_usher_timeout_loc_conf_t  *utlcf;

    u = r->upstream;
    utlcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_timeout_module);

    if (utlcf->playlist >= u->conf->read_timeout
        || !usher_is_prompt_playlist(ngx_http_usher_view(&r->uri),
                                     ngx_http_usher_view(&r->args)))
    {
        return NGX_OK;
    }

    conf = ngx_palloc(r->pool, sizeof(ngx_http_upstream_conf_t));
    if (conf == NULL) {
        return NGX_ERROR;
    }

    *conf = *u->conf;
    conf->read_timeout = utlcf->playlist;
    u->conf = conf;

    return NGX_OK;
}


static void *
ngx_http_usher_timeout_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_timeout_main_conf_t));
}


static void *
ngx_http_usher_timeout_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_usher_timeout_loc_conf_t  *conf;

    conf = ngx_palloc(cf->pool, sizeof(ngx_http_usher_timeout_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->playlist = NGX_CONF_UNSET_MSEC;

    return conf;
}


/* where nothing is said it stays unset, which is the longest time there is */

static char *
ngx_http_usher_timeout_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_usher_timeout_loc_conf_t  *prev = parent;
    ngx_http_usher_timeout_loc_conf_t  *conf = child;

    ngx_conf_merge_msec_value(conf->playlist, prev->playlist,
                              NGX_CONF_UNSET_MSEC);

    return NGX_CONF_OK;
}


static char *
ngx_http_usher_playlist_timeout(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_timeout_loc_conf_t  *utlcf = conf;

    char                                *rv;
    ngx_http_usher_timeout_main_conf_t  *utmcf;

    rv = ngx_conf_set_msec_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (utlcf->playlist == 0) {
        return "is no time to answer in: name one above 0";
    }

    utmcf = ngx_http_conf_get_module_main_conf(cf,
                                               ngx_http_usher_timeout_module);
    utmcf->used = 1;

    return NGX_CONF_OK;
}


/* behind all modules that set peer.init: those do it for the main conf */

static ngx_int_t
ngx_http_usher_timeout_init(ngx_conf_t *cf)
{
    ngx_uint_t                           i;
    ngx_http_upstream_srv_conf_t       **uscfp;
    ngx_http_upstream_main_conf_t       *umcf;
    ngx_http_usher_timeout_upstream_t   *upstream;
    ngx_http_usher_timeout_main_conf_t  *utmcf;

    utmcf = ngx_http_conf_get_module_main_conf(cf,
                                               ngx_http_usher_timeout_module);
    if (!utmcf->used) {
        return NGX_OK;
    }

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);
    uscfp = umcf->upstreams.elts;

    if (ngx_array_init(&utmcf->upstreams, cf->pool, 4,
                       sizeof(ngx_http_usher_timeout_upstream_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if (uscfp[i]->peer.init == NULL) {
            continue;
        }

        upstream = ngx_array_push(&utmcf->upstreams);
        if (upstream == NULL) {
            return NGX_ERROR;
        }

        upstream->upstream = uscfp[i];
        upstream->init = uscfp[i]->peer.init;
        uscfp[i]->peer.init = ngx_http_usher_timeout_init_peer;
    }

    return NGX_OK;
}
