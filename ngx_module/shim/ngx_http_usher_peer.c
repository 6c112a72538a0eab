
/*
 * Whatever upstream a request goes to, its peer.init is the moment between
 * "the cache does not have it" and "this peer is asked". Here it is wrapped.
 * Where proxy_pass resolves a name that has no upstream{}, there is none.
 */

#include "ngx_http_usher_peer.h"


typedef struct {
    ngx_http_upstream_srv_conf_t   *upstream;
    ngx_http_upstream_init_peer_pt  init;
} ngx_http_usher_peer_upstream_t;


typedef struct {
    ngx_flag_t                      used;
    ngx_array_t                     upstreams;
                                  /* of ngx_http_usher_peer_upstream_t */
} ngx_http_usher_peer_main_conf_t;


static ngx_int_t ngx_http_usher_peer_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static void *ngx_http_usher_peer_create_main_conf(ngx_conf_t *cf);
static ngx_int_t ngx_http_usher_peer_init(ngx_conf_t *cf);


static ngx_http_module_t  ngx_http_usher_peer_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_usher_peer_init,              /* postconfiguration */

    ngx_http_usher_peer_create_main_conf,  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_usher_peer_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_peer_module_ctx,       /* module context */
    NULL,                                  /* module directives */
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
ngx_http_usher_peer_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_int_t                         rc;
    ngx_uint_t                        i;
    ngx_http_usher_peer_upstream_t   *upstreams;
    ngx_http_usher_peer_main_conf_t  *upmcf;

    if (ngx_http_usher_timeout_shorten(r) != NGX_OK) {
        return NGX_ERROR;
    }

    upmcf = ngx_http_get_module_main_conf(r, ngx_http_usher_peer_module);
    upstreams = upmcf->upstreams.elts;

    for (i = 0; i < upmcf->upstreams.nelts; i++) {
        if (upstreams[i].upstream == us) {
            rc = upstreams[i].init(r, us);

            if (rc == NGX_OK) {
                ngx_http_usher_coalesce_spare(r);
            }

            return rc;
        }
    }

    return NGX_ERROR;
}


void
ngx_http_usher_peer_use(ngx_conf_t *cf)
{
    ngx_http_usher_peer_main_conf_t  *upmcf;

    upmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_peer_module);
    upmcf->used = 1;
}


static void *
ngx_http_usher_peer_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_peer_main_conf_t));
}


/* behind all modules that set peer.init: those do it for the main conf */

static ngx_int_t
ngx_http_usher_peer_init(ngx_conf_t *cf)
{
    ngx_uint_t                         i;
    ngx_http_upstream_srv_conf_t     **uscfp;
    ngx_http_upstream_main_conf_t     *umcf;
    ngx_http_usher_peer_upstream_t    *upstream;
    ngx_http_usher_peer_main_conf_t   *upmcf;

    upmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_peer_module);

    if (!upmcf->used) {
        return NGX_OK;
    }

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);
    uscfp = umcf->upstreams.elts;

    if (ngx_array_init(&upmcf->upstreams, cf->pool, 4,
                       sizeof(ngx_http_usher_peer_upstream_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if (uscfp[i]->peer.init == NULL) {
            continue;
        }

        upstream = ngx_array_push(&upmcf->upstreams);
        if (upstream == NULL) {
            return NGX_ERROR;
        }

        upstream->upstream = uscfp[i];
        upstream->init = uscfp[i]->peer.init;
        uscfp[i]->peer.init = ngx_http_usher_peer_init_peer;
    }

    return NGX_OK;
}
