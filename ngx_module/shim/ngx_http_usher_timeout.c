
/*
 * usher_playlist_timeout: how long an upstream may take for a playlist or an
 * MPD that it has no reason to hold. proxy_read_timeout knows one time for a
 * location, and for low-latency requests that must be three target durations:
 * with it alone an upstream that hangs has everybody wait that long for a
 * playlist of which the cache has an older one to serve.
 *
 * nginx reads u->conf->read_timeout at each timer, so a request gets a copy of
 * u->conf of its own.
 */

#include "ngx_http_usher_peer.h"
#include "../lifetime_bridge.h"


typedef struct {
    ngx_msec_t                   playlist;
} ngx_http_usher_timeout_loc_conf_t;


static void *ngx_http_usher_timeout_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_usher_timeout_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_usher_playlist_timeout(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


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
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
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


/* before a peer is chosen for a request */

ngx_int_t
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

    char  *rv;

    rv = ngx_conf_set_msec_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (utlcf->playlist == 0) {
        return "is no time to answer in: name one above 0";
    }

    ngx_http_usher_peer_use(cf);

    return NGX_CONF_OK;
}
