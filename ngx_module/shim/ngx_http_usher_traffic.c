
/*
 * What was served, from where, and how long it was waited for: the numbers of
 * usher_status and usher_metrics that are not about sessions.
 */

#include "ngx_http_usher_coalesce.h"
#include "ngx_http_usher_traffic.h"


/* the slab pool's own and some 10k of numbers */
#define NGX_HTTP_USHER_TRAFFIC_SIZE    (16 * ngx_pagesize)


typedef struct {
    usher_traffic_t             *traffic;
} ngx_http_usher_traffic_main_conf_t;


static void *ngx_http_usher_traffic_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_usher_traffic_init_main_conf(ngx_conf_t *cf, void *conf);
static ngx_int_t ngx_http_usher_traffic_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_usher_traffic_init_process(ngx_cycle_t *cycle);
static size_t ngx_http_usher_traffic_cmcd(ngx_http_request_t *r,
    usher_view_t *values);
#if (NGX_HTTP_CACHE)
static ngx_uint_t ngx_http_usher_traffic_failure(ngx_http_request_t *r);
#endif


static ngx_http_module_t  ngx_http_usher_traffic_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_usher_traffic_create_main_conf,
                                           /* create main configuration */
    ngx_http_usher_traffic_init_main_conf, /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_usher_traffic_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_traffic_module_ctx,    /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_usher_traffic_init_process,   /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_usher_traffic_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_traffic_main_conf_t));
}


static char *
ngx_http_usher_traffic_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_str_t        name = ngx_string("usher_traffic");
    ngx_shm_zone_t  *zone;

    zone = ngx_shared_memory_add(cf, &name, NGX_HTTP_USHER_TRAFFIC_SIZE,
                                 &ngx_http_usher_traffic_module);
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    zone->init = ngx_http_usher_traffic_init_zone;
    zone->data = conf;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_usher_traffic_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_usher_traffic_main_conf_t  *old = data;

    void                                *memory;
    ngx_slab_pool_t                     *shpool;
    ngx_http_usher_traffic_main_conf_t  *utcf;

    utcf = shm_zone->data;

    if (old) {
        utcf->traffic = old->traffic;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    memory = ngx_slab_alloc(shpool, usher_traffic_size());
    if (memory == NULL) {
        return NGX_ERROR;
    }

    utcf->traffic = usher_traffic_format(memory);

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_traffic_init_process(ngx_cycle_t *cycle)
{
    ngx_http_usher_traffic_main_conf_t  *utcf;

    utcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_usher_traffic_module);

    if (utcf && utcf->traffic) {
        usher_traffic_start(utcf->traffic, (unsigned) ngx_process_slot);
    }

    return NGX_OK;
}


usher_traffic_t *
ngx_http_usher_traffic(ngx_http_request_t *r)
{
    ngx_http_usher_traffic_main_conf_t  *utcf;

    utcf = ngx_http_get_module_main_conf(r, ngx_http_usher_traffic_module);

    return utcf->traffic;
}


/* the values of the first headers that CTA-5004 names */

static size_t
ngx_http_usher_traffic_cmcd(ngx_http_request_t *r, usher_view_t *values)
{
    size_t            n;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts && n < USHER_CMCD_HEADERS; i++) {
            if (h[i].key.len > sizeof("cmcd-") - 1
                && ngx_memcmp(h[i].lowcase_key, "cmcd-", sizeof("cmcd-") - 1)
                   == 0)
            {
                values[n++] = ngx_http_usher_view(&h[i].value);
            }
        }
    }

    return n;
}


/* a viewer's request that is over; its context is there and was read */

void
ngx_http_usher_traffic_served(ngx_http_request_t *r)
{
    ngx_time_t                     *tp;
    usher_served_t                  served;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    tp = ngx_timeofday();

    ngx_memzero(&served, sizeof(usher_served_t));

    served.path = ngx_http_usher_view(&ngx_http_usher_get_ctx(r)->path);
    served.status = (int) r->headers_out.status;
    served.bytes = (uint64_t) r->connection->sent;
    served.now = (uint64_t) tp->sec * 1000 + tp->msec;

#if (NGX_HTTP_CACHE)

    if (r->upstream) {
        served.cache_status = (int) r->upstream->cache_status;
    }

#endif

    served.query = ngx_http_usher_view(&ngx_http_usher_get_ctx(r)->query);
    served.cmcd_count = ngx_http_usher_traffic_cmcd(r, served.cmcd);

    ctx = ngx_http_usher_coalesce_ctx(r);
    served.coalesced = ctx && ctx->parked.waited;

    usher_traffic_served(ngx_http_usher_traffic(r), &served);
}


#if (NGX_HTTP_CACHE)

/* what an upstream answered whose place a stale answer took; 0: none did */

static ngx_uint_t
ngx_http_usher_traffic_failure(ngx_http_request_t *r)
{
    ngx_uint_t                      status;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    if (r->upstream->cache_status != NGX_HTTP_CACHE_STALE) {
        return 0;
    }

    ctx = ngx_http_usher_coalesce_ctx(r);

    if (r == r->main && ctx && ctx->spared) {
        return 0;
    }

    status = r->upstream->state->status;

    return status ? status : NGX_HTTP_BAD_GATEWAY;
}

#endif


/*
 * An answer that came from the upstream, for a viewer or in the background;
 * called by the header filter.
 */

void
ngx_http_usher_traffic_fetched(ngx_http_request_t *r)
{
    off_t       size;
    ngx_uint_t  status;

    if (r->upstream == NULL || r->upstream->conf == NULL
        || r->upstream->state == NULL)
    {
        return;
    }

#if (NGX_HTTP_CACHE)

    if (r->cached) {

        status = ngx_http_usher_traffic_failure(r);

        if (status) {
            usher_traffic_fetched(ngx_http_usher_traffic(r),
                                  ngx_http_usher_view(&r->uri),
                                  (int) status, 0);
        }

        return;
    }

#endif

    size = r->upstream->headers_in.content_length_n;

    usher_traffic_fetched(ngx_http_usher_traffic(r),
                          ngx_http_usher_view(&r->uri),
                          (int) r->headers_out.status,
                          size > 0 ? (uint64_t) size : 0);
}


void
ngx_http_usher_traffic_park(ngx_http_request_t *r, usher_wait_t wait)
{
    usher_traffic_park(ngx_http_usher_traffic(r), (unsigned) ngx_process_slot,
                       wait);
}


void
ngx_http_usher_traffic_unpark(ngx_http_request_t *r, usher_wait_t wait,
    ngx_msec_t waited)
{
    usher_traffic_unpark(ngx_http_usher_traffic(r),
                         (unsigned) ngx_process_slot, wait, waited);
}
