
/*
 * usher_coalesce: of the requests for one cache key, one leads to the upstream
 * and the others wait, in whatever worker they are, until the object is in the
 * cache.
 *
 * A follower parks in PRECONTENT. One eventfd for all workers of a master
 * wakes them: it is registered edge-triggered and never read, so that each
 * write reaches every worker, old ones during a reload included. A woken
 * worker asks the table of fills once per key it waits for. nginx's own
 * proxy_cache_lock stays behind all this for whatever slips through.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
#include <ngx_md5.h>

#include <sys/eventfd.h>

#include "../fill_bridge.h"


#define NGX_HTTP_USHER_FILL_SHARDS      8
#define NGX_HTTP_USHER_FILL_SHARD_SIZE  (32 * ngx_pagesize)
#define NGX_HTTP_USHER_WATCH_BUCKETS    256

/* backstop for a leader that died and a worker that was not born again */
#define NGX_HTTP_USHER_SWEEP            1000


typedef struct {
    ngx_slab_pool_t             *shpool;
    void                        *table;
} ngx_http_usher_fill_shard_t;


typedef struct {
    ngx_shm_zone_t              *shards[NGX_HTTP_USHER_FILL_SHARDS];
} ngx_http_usher_coalesce_main_conf_t;


typedef struct {
    ngx_flag_t                   enable;
    ngx_http_complex_value_t    *key;
    ngx_msec_t                   wait;
    ngx_uint_t                   waiters;
} ngx_http_usher_coalesce_loc_conf_t;


typedef struct {
    u_char                       digest[USHER_FILL_KEY_SIZE];
    uint64_t                     fill;
} ngx_http_usher_fill_t;


/* what this worker waits for: one per key */

typedef struct {
    ngx_queue_t                  queue;
    ngx_queue_t                  followers;
    ngx_http_usher_fill_t        fill;
} ngx_http_usher_watch_t;


typedef struct {
    ngx_http_request_t          *request;
    ngx_http_usher_watch_t      *watch;
    ngx_queue_t                  queue;
    ngx_event_t                  event;
    ngx_msec_t                   deadline;
    ngx_http_usher_fill_t        fill;
    ngx_str_t                    role;
    unsigned                     leading:1;
    unsigned                     settled:1;
    unsigned                     bypass:1;
    unsigned                     late:1;
} ngx_http_usher_coalesce_ctx_t;


typedef struct {
    ngx_queue_t                  watches[NGX_HTTP_USHER_WATCH_BUCKETS];
    ngx_uint_t                   followers;
    ngx_event_t                  sweep;
    ngx_http_usher_coalesce_main_conf_t
                                *conf;
} ngx_http_usher_coalesce_worker_t;


static ngx_int_t ngx_http_usher_coalesce_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_coalesce_ask(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill);
static ngx_int_t ngx_http_usher_coalesce_lead(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill,
    ngx_uint_t lock_left);
static ngx_int_t ngx_http_usher_coalesce_park(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill);
static ngx_int_t ngx_http_usher_coalesce_settle(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_uint_t bypass);
static ngx_int_t ngx_http_usher_coalesce_refuse(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx);
static ngx_int_t ngx_http_usher_coalesce_fresh(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx);
static ngx_int_t ngx_http_usher_coalesce_content(ngx_http_request_t *r);
static void ngx_http_usher_coalesce_wake(ngx_event_t *ev);

static ngx_int_t ngx_http_usher_coalesce_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_coalesce_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_usher_coalesce_judge(ngx_http_usher_coalesce_ctx_t *ctx);
static void ngx_http_usher_coalesce_judge_later(ngx_event_t *ev);
static ngx_int_t ngx_http_usher_coalesce_outcome(ngx_http_request_t *r,
    usher_fill_outcome_t *outcome);
static usher_fill_outcome_t ngx_http_usher_coalesce_loss(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_usher_coalesce_complete(ngx_http_upstream_t *u);
static void ngx_http_usher_coalesce_end(ngx_http_usher_coalesce_ctx_t *ctx,
    usher_fill_outcome_t outcome, time_t valid_sec);

static ngx_http_usher_watch_t *ngx_http_usher_coalesce_watch(
    ngx_http_usher_fill_t *fill);
static void ngx_http_usher_coalesce_unwatch(
    ngx_http_usher_coalesce_ctx_t *ctx);
static void ngx_http_usher_coalesce_look(ngx_uint_t late);
static void ngx_http_usher_coalesce_release(ngx_http_usher_watch_t *watch,
    ngx_uint_t late);
static void ngx_http_usher_coalesce_ring(ngx_log_t *log);
static void ngx_http_usher_coalesce_bell(ngx_event_t *ev);
static void ngx_http_usher_coalesce_sweep(ngx_event_t *ev);
static ngx_uint_t ngx_http_usher_coalesce_bury(void);

static ngx_http_usher_coalesce_ctx_t *ngx_http_usher_coalesce_ctx(
    ngx_http_request_t *r);
static ngx_http_usher_coalesce_ctx_t *ngx_http_usher_coalesce_create_ctx(
    ngx_http_request_t *r);
static void ngx_http_usher_coalesce_cleanup(void *data);
static ngx_int_t ngx_http_usher_coalesce_digest(ngx_http_request_t *r,
    u_char *digest);
static ngx_http_usher_fill_shard_t *ngx_http_usher_coalesce_shard(
    ngx_http_usher_fill_t *fill);
static int64_t ngx_http_usher_coalesce_now(void);

static ngx_int_t ngx_http_usher_coalesced_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_bypass_lock_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

static ngx_int_t ngx_http_usher_coalesce_add_variables(ngx_conf_t *cf);
static void *ngx_http_usher_coalesce_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_usher_coalesce_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_usher_coalesce_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_usher_coalesce(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_usher_coalesce_key(ngx_conf_t *cf,
    ngx_http_usher_coalesce_loc_conf_t *ucf, ngx_str_t *source);
static ngx_int_t ngx_http_usher_coalesce_add_shards(ngx_conf_t *cf);
static ngx_int_t ngx_http_usher_coalesce_init_shard(ngx_shm_zone_t *zone,
    void *data);
static ngx_int_t ngx_http_usher_coalesce_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_usher_coalesce_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_usher_coalesce_init_process(ngx_cycle_t *cycle);
static void ngx_http_usher_coalesce_exit_process(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_usher_coalesce_commands[] = {

    { ngx_string("usher_coalesce"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1234,
      ngx_http_usher_coalesce,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_usher_coalesce_module_ctx = {
    ngx_http_usher_coalesce_add_variables, /* preconfiguration */
    ngx_http_usher_coalesce_init,          /* postconfiguration */

    ngx_http_usher_coalesce_create_main_conf,
                                           /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_usher_coalesce_create_loc_conf,
                                           /* create location configuration */
    ngx_http_usher_coalesce_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_usher_coalesce_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_coalesce_module_ctx,   /* module context */
    ngx_http_usher_coalesce_commands,      /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_usher_coalesce_init_module,   /* init module */
    ngx_http_usher_coalesce_init_process,  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_usher_coalesce_exit_process,  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_variable_t  ngx_http_usher_coalesce_vars[] = {

    { ngx_string("usher_coalesced"), NULL,
      ngx_http_usher_coalesced_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_bypass_lock"), NULL,
      ngx_http_usher_bypass_lock_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;

/* the bell of this master and all its workers, over all its cycles */
static int  ngx_http_usher_coalesce_fd = -1;

static ngx_connection_t                  *ngx_http_usher_coalesce_connection;
static ngx_http_usher_coalesce_worker_t   ngx_http_usher_coalesce_worker;


static ngx_int_t
ngx_http_usher_coalesce_handler(ngx_http_request_t *r)
{
    ngx_http_usher_fill_t                fill;
    ngx_http_usher_coalesce_ctx_t       *ctx;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);

    if (!ucf->enable
        || r != r->main
        || !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        || ngx_http_usher_coalesce_connection == NULL)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_usher_coalesce_ctx(r);

    if (ctx) {
        if (ctx->settled) {
            return NGX_DECLINED;
        }

        return ngx_http_usher_coalesce_ask(r, ctx, &ctx->fill);
    }

    if (ngx_http_usher_coalesce_digest(r, fill.digest) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_coalesce_ask(r, NULL, &fill);
}


static ngx_int_t
ngx_http_usher_coalesce_ask(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill)
{
    usher_fill_entry_t            entry;
    ngx_http_usher_fill_shard_t  *shard;

    shard = ngx_http_usher_coalesce_shard(fill);

    ngx_shmtx_lock(&shard->shpool->mutex);
    entry = usher_fill_enter(shard->table, fill->digest, (int32_t) ngx_pid,
                             ngx_http_usher_coalesce_now(), 0);
    ngx_shmtx_unlock(&shard->shpool->mutex);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "usher coalesce step:%d fill:%uL",
                   entry.step, entry.fill);

    fill->fill = entry.fill;

    switch (entry.step) {

    case USHER_FILL_LEAD:
        return ngx_http_usher_coalesce_lead(r, ctx, fill, entry.lock_left);

    case USHER_FILL_FOLLOW:
        return ngx_http_usher_coalesce_park(r, ctx, fill);

    case USHER_FILL_FRESH:
        return ngx_http_usher_coalesce_fresh(r, ctx);

    case USHER_FILL_BYPASS:
        return ngx_http_usher_coalesce_settle(r, ctx, 1);

    case USHER_FILL_REFUSE:
        return ngx_http_usher_coalesce_refuse(r, ctx);

    default: /* USHER_FILL_PASS, USHER_FILL_FULL */
        return ngx_http_usher_coalesce_settle(r, ctx, 0);
    }
}


static ngx_int_t
ngx_http_usher_coalesce_lead(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill,
    ngx_uint_t lock_left)
{
    ngx_http_usher_coalesce_ctx_t  failed;

    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_create_ctx(r);
        if (ctx == NULL) {
            failed.request = r;
            failed.fill = *fill;
            ngx_http_usher_coalesce_end(&failed, USHER_FILL_ABANDONED, 0);
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ctx->fill = *fill;
    ctx->leading = 1;
    ctx->settled = 1;
    ctx->bypass = lock_left;
    ngx_str_set(&ctx->role, "leader");

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_usher_coalesce_park(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_http_usher_fill_t *fill)
{
    ngx_msec_int_t                       left;
    ngx_connection_t                    *c;
    ngx_http_usher_watch_t              *watch;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);

    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_create_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->fill = *fill;
        ctx->deadline = ngx_current_msec + ucf->wait;
        ngx_str_set(&ctx->role, "follower");
    }

    left = (ngx_msec_int_t) (ctx->deadline - ngx_current_msec);

    if (left <= 0 || ngx_http_usher_coalesce_worker.followers >= ucf->waiters)
    {
        return ngx_http_usher_coalesce_settle(r, ctx, 0);
    }

    c = r->connection;

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    watch = ngx_http_usher_coalesce_watch(fill);
    if (watch == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_queue_insert_tail(&watch->followers, &ctx->queue);
    ctx->watch = watch;
    ngx_http_usher_coalesce_worker.followers++;

    ngx_add_timer(&ctx->event, (ngx_msec_t) left);

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_usher_coalesce_settle(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx, ngx_uint_t bypass)
{
    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_create_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ctx->settled = 1;
    ctx->bypass = bypass;
    ngx_str_set(&ctx->role, "pass");

    return NGX_DECLINED;
}


/* the leaders before had a 5xx: one more request would help nobody */

static ngx_int_t
ngx_http_usher_coalesce_refuse(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx)
{
    ngx_table_elt_t  *h;

    if (ngx_http_usher_coalesce_settle(r, ctx, 0) != NGX_DECLINED) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_coalesce_module);
    ngx_str_set(&ctx->role, "refused");

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    ngx_str_set(&h->key, "Retry-After");
    ngx_str_set(&h->value, "1");

    return NGX_HTTP_SERVICE_UNAVAILABLE;
}


static ngx_int_t
ngx_http_usher_coalesce_fresh(ngx_http_request_t *r,
    ngx_http_usher_coalesce_ctx_t *ctx)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (ctx) {
        ctx->settled = 1;

        if (ctx->late) {
            ngx_str_set(&ctx->role, "late");
        }
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->content_handler && r->content_handler == clcf->handler) {
        r->content_handler = ngx_http_usher_coalesce_content;
    }

    return NGX_DECLINED;
}


/*
 * The table can be wrong about what the cache holds: the file was deleted or
 * had to make room.  Who finds out by taking nginx's own lock leads from there.
 */

static ngx_int_t
ngx_http_usher_coalesce_content(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    usher_fill_entry_t              entry;
    ngx_http_usher_fill_t           fill;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_usher_fill_shard_t    *shard;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    rc = clcf->handler(r);

    if (rc != NGX_DONE || r->cache == NULL || r->cached || !r->cache->updating)
    {
        return rc;
    }

    ctx = ngx_http_usher_coalesce_ctx(r);

    if (ctx == NULL) {
        ctx = ngx_http_usher_coalesce_create_ctx(r);
    }

    if (ctx == NULL
        || ngx_http_usher_coalesce_digest(r, fill.digest) != NGX_OK)
    {
        return rc;
    }

    shard = ngx_http_usher_coalesce_shard(&fill);

    ngx_shmtx_lock(&shard->shpool->mutex);
    entry = usher_fill_enter(shard->table, fill.digest, (int32_t) ngx_pid,
                             ngx_http_usher_coalesce_now(), 1);
    ngx_shmtx_unlock(&shard->shpool->mutex);

    if (entry.step == USHER_FILL_LEAD) {
        fill.fill = entry.fill;
        (void) ngx_http_usher_coalesce_lead(r, ctx, &fill, 0);
    }

    return rc;
}


static void
ngx_http_usher_coalesce_wake(ngx_event_t *ev)
{
    ngx_connection_t               *c;
    ngx_http_request_t             *r;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ev->timedout = 0;
        ngx_http_usher_coalesce_unwatch(ctx);
        ctx->settled = 1;
        ngx_str_set(&ctx->role, "late");

        ngx_log_error(NGX_LOG_INFO, c->log, 0,
                      "usher: waited too long for a cache fill");
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);

    } else {
        ngx_http_core_run_phases(r);
    }

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_usher_coalesce_header_filter(ngx_http_request_t *r)
{
    ngx_http_usher_coalesce_ctx_t  *ctx;

    if (r == r->main) {
        ctx = ngx_http_usher_coalesce_ctx(r);

        if (ctx && ctx->leading) {
            ngx_http_usher_coalesce_judge(ctx);
        }
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_usher_coalesce_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_usher_coalesce_ctx_t  *ctx;

    if (r == r->main) {
        ctx = ngx_http_get_module_ctx(r, ngx_http_usher_coalesce_module);

        if (ctx && ctx->leading) {
            ngx_http_usher_coalesce_judge(ctx);
        }
    }

    return ngx_http_next_body_filter(r, in);
}


static void
ngx_http_usher_coalesce_judge(ngx_http_usher_coalesce_ctx_t *ctx)
{
    usher_fill_outcome_t   outcome;
    ngx_http_request_t    *r;

    r = ctx->request;

    if (ngx_http_usher_coalesce_outcome(r, &outcome) == NGX_OK) {
        ngx_http_usher_coalesce_end(ctx, outcome,
                                    r->cache ? r->cache->valid_sec : 0);
        return;
    }

    /* a revalidated object is sent before its new lifetime is written */

    if (r->cached && !ctx->event.posted) {
        ctx->event.handler = ngx_http_usher_coalesce_judge_later;
        ngx_post_event(&ctx->event, &ngx_posted_events);
    }
}


static void
ngx_http_usher_coalesce_judge_later(ngx_event_t *ev)
{
    usher_fill_outcome_t            outcome;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ev->data;

    if (ctx->leading
        && ngx_http_usher_coalesce_outcome(ctx->request, &outcome) == NGX_OK)
    {
        ngx_http_usher_coalesce_end(ctx, outcome,
                                    ctx->request->cache->valid_sec);
    }
}


/* NGX_AGAIN while it cannot be known */

static ngx_int_t
ngx_http_usher_coalesce_outcome(ngx_http_request_t *r,
    usher_fill_outcome_t *outcome)
{
    ngx_http_cache_t     *c;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    c = r->cache;

    if (u == NULL || c == NULL) {
        *outcome = USHER_FILL_UNCACHEABLE;
        return NGX_OK;
    }

    if (r->cached) {

        if (u->cache_status == NGX_HTTP_CACHE_REVALIDATED && !c->updated) {
            return NGX_AGAIN;
        }

        *outcome = (u->cache_status == NGX_HTTP_CACHE_HIT
                    || u->cache_status == NGX_HTTP_CACHE_REVALIDATED)
                   ? USHER_FILL_STORED : USHER_FILL_UNSHARED;
        return NGX_OK;
    }

    if (c->error) {

        /* a status that nginx remembers without a file, and each can have */

        *outcome = USHER_FILL_UNSHARED;
        return NGX_OK;
    }

    if (u->cacheable && u->buffering && !u->upgrade) {

        if (!c->updated) {
            return NGX_AGAIN;
        }

        if (ngx_http_usher_coalesce_complete(u)) {
            *outcome = USHER_FILL_STORED;
            return NGX_OK;
        }
    }

    *outcome = ngx_http_usher_coalesce_loss(r);
    return NGX_OK;
}


/* why nothing was stored */

static usher_fill_outcome_t
ngx_http_usher_coalesce_loss(ngx_http_request_t *r)
{
    ngx_uint_t            status;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    status = u->headers_in.status_n;

    if (status == 0) {

        /* no answer: a 502 or 504 of nginx's own, or the client left */

        return r->headers_out.status >= NGX_HTTP_INTERNAL_SERVER_ERROR
               ? USHER_FILL_FAILED : USHER_FILL_ABANDONED;
    }

    if (status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return USHER_FILL_FAILED;
    }

    if (u->cacheable && u->buffering && !u->upgrade
        && status < NGX_HTTP_SPECIAL_RESPONSE
        && u->headers_in.x_accel_redirect == NULL)
    {
        return USHER_FILL_ABANDONED;
    }

    if (r->headers_in.range || r->cache->min_uses > 1) {
        return USHER_FILL_UNSHARED;
    }

    return USHER_FILL_UNCACHEABLE;
}


static ngx_uint_t
ngx_http_usher_coalesce_complete(ngx_http_upstream_t *u)
{
    ngx_event_pipe_t  *p;

    p = u->pipe;

    return p && (p->upstream_done || (p->upstream_eof && p->length == -1));
}


static void
ngx_http_usher_coalesce_end(ngx_http_usher_coalesce_ctx_t *ctx,
    usher_fill_outcome_t outcome, time_t valid_sec)
{
    int                           followed;
    ngx_http_usher_fill_shard_t  *shard;

    ctx->leading = 0;

    shard = ngx_http_usher_coalesce_shard(&ctx->fill);

    ngx_shmtx_lock(&shard->shpool->mutex);
    followed = usher_fill_end(shard->table, ctx->fill.digest, ctx->fill.fill,
                              outcome, (int64_t) valid_sec * 1000 + 999,
                              ngx_http_usher_coalesce_now());
    ngx_shmtx_unlock(&shard->shpool->mutex);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ctx->request->connection->log, 0,
                   "usher coalesce fill:%uL outcome:%d followed:%d",
                   ctx->fill.fill, outcome, followed);

    if (followed) {
        ngx_http_usher_coalesce_ring(ctx->request->connection->log);
    }
}


static ngx_http_usher_watch_t *
ngx_http_usher_coalesce_watch(ngx_http_usher_fill_t *fill)
{
    ngx_queue_t             *q, *bucket;
    ngx_http_usher_watch_t  *watch;

    bucket = &ngx_http_usher_coalesce_worker.watches[fill->digest[0]];

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        watch = ngx_queue_data(q, ngx_http_usher_watch_t, queue);

        if (ngx_memcmp(watch->fill.digest, fill->digest, USHER_FILL_KEY_SIZE)
            == 0)
        {
            watch->fill.fill = fill->fill;
            return watch;
        }
    }

    watch = ngx_alloc(sizeof(ngx_http_usher_watch_t), ngx_cycle->log);
    if (watch == NULL) {
        return NULL;
    }

    watch->fill = *fill;
    ngx_queue_init(&watch->followers);
    ngx_queue_insert_tail(bucket, &watch->queue);

    if (!ngx_http_usher_coalesce_worker.sweep.timer_set) {
        ngx_add_timer(&ngx_http_usher_coalesce_worker.sweep,
                      NGX_HTTP_USHER_SWEEP);
    }

    return watch;
}


static void
ngx_http_usher_coalesce_unwatch(ngx_http_usher_coalesce_ctx_t *ctx)
{
    ngx_http_usher_watch_t  *watch;

    watch = ctx->watch;

    if (watch == NULL) {
        return;
    }

    ctx->watch = NULL;
    ngx_queue_remove(&ctx->queue);
    ngx_http_usher_coalesce_worker.followers--;

    if (ngx_queue_empty(&watch->followers)) {
        ngx_queue_remove(&watch->queue);
        ngx_free(watch);
    }
}


static void
ngx_http_usher_coalesce_look(ngx_uint_t late)
{
    int                           under_way;
    ngx_uint_t                    i;
    ngx_queue_t                  *q, *next, *bucket;
    ngx_http_usher_watch_t       *watch;
    ngx_http_usher_fill_shard_t  *shard;

    for (i = 0; i < NGX_HTTP_USHER_WATCH_BUCKETS; i++) {
        bucket = &ngx_http_usher_coalesce_worker.watches[i];

        for (q = ngx_queue_head(bucket);
             q != ngx_queue_sentinel(bucket);
             q = next)
        {
            next = ngx_queue_next(q);
            watch = ngx_queue_data(q, ngx_http_usher_watch_t, queue);
            shard = ngx_http_usher_coalesce_shard(&watch->fill);

            ngx_shmtx_lock(&shard->shpool->mutex);
            under_way = usher_fill_under_way(shard->table, watch->fill.digest,
                                             watch->fill.fill,
                                             ngx_http_usher_coalesce_now());
            ngx_shmtx_unlock(&shard->shpool->mutex);

            if (!under_way) {
                ngx_http_usher_coalesce_release(watch, late);
            }
        }
    }
}


static void
ngx_http_usher_coalesce_release(ngx_http_usher_watch_t *watch, ngx_uint_t late)
{
    ngx_queue_t                    *q;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    while (!ngx_queue_empty(&watch->followers)) {
        q = ngx_queue_head(&watch->followers);
        ctx = ngx_queue_data(q, ngx_http_usher_coalesce_ctx_t, queue);

        ngx_queue_remove(q);
        ngx_http_usher_coalesce_worker.followers--;

        ctx->watch = NULL;
        ctx->late = late;

        ngx_del_timer(&ctx->event);
        ngx_post_event(&ctx->event, &ngx_posted_events);
    }

    ngx_queue_remove(&watch->queue);
    ngx_free(watch);
}


static void
ngx_http_usher_coalesce_ring(ngx_log_t *log)
{
    uint64_t  one = 1;

    if (write(ngx_http_usher_coalesce_fd, &one, sizeof(one))
        != (ssize_t) sizeof(one))
    {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "usher: waking the followers of a fill failed");
    }
}


static void
ngx_http_usher_coalesce_bell(ngx_event_t *ev)
{
    ngx_http_usher_coalesce_look(0);
}


static void
ngx_http_usher_coalesce_sweep(ngx_event_t *ev)
{
    if (ngx_http_usher_coalesce_worker.followers == 0) {
        return;
    }

    if (ngx_http_usher_coalesce_bury()) {
        ngx_http_usher_coalesce_ring(ev->log);
    }

    ngx_http_usher_coalesce_look(1);

    ngx_add_timer(ev, NGX_HTTP_USHER_SWEEP);
}


/* ends the fills of workers that died */

static ngx_uint_t
ngx_http_usher_coalesce_bury(void)
{
    int                           followed;
    ngx_uint_t                    i;
    ngx_http_usher_fill_shard_t  *shard;

    followed = 0;

    for (i = 0; i < NGX_HTTP_USHER_FILL_SHARDS; i++) {
        shard = ngx_http_usher_coalesce_worker.conf->shards[i]->data;

        ngx_shmtx_lock(&shard->shpool->mutex);
        followed |= usher_fill_end_of_dead(shard->table,
                                           ngx_http_usher_coalesce_now());
        ngx_shmtx_unlock(&shard->shpool->mutex);
    }

    return followed;
}


static ngx_http_usher_coalesce_ctx_t *
ngx_http_usher_coalesce_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_coalesce_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /* an internal redirect wiped it */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_usher_coalesce_cleanup) {
            ngx_http_set_ctx(r, cln->data, ngx_http_usher_coalesce_module);
            return cln->data;
        }
    }

    return NULL;
}


static ngx_http_usher_coalesce_ctx_t *
ngx_http_usher_coalesce_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_usher_coalesce_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_usher_coalesce_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_usher_coalesce_ctx_t));

    cln->handler = ngx_http_usher_coalesce_cleanup;

    ctx->request = r;
    ctx->event.handler = ngx_http_usher_coalesce_wake;
    ctx->event.data = ctx;
    ctx->event.log = r->connection->log;

    ngx_http_set_ctx(r, ctx, ngx_http_usher_coalesce_module);

    return ctx;
}


static void
ngx_http_usher_coalesce_cleanup(void *data)
{
    ngx_http_usher_coalesce_ctx_t  *ctx = data;

    usher_fill_outcome_t  outcome;

    if (ctx->event.timer_set) {
        ngx_del_timer(&ctx->event);
    }

    if (ctx->event.posted) {
        ngx_delete_posted_event(&ctx->event);
    }

    ngx_http_usher_coalesce_unwatch(ctx);

    if (!ctx->leading) {
        return;
    }

    if (ngx_http_usher_coalesce_outcome(ctx->request, &outcome) != NGX_OK) {
        outcome = USHER_FILL_ABANDONED;
    }

    ngx_http_usher_coalesce_end(ctx, outcome, ctx->request->cache
                                ? ctx->request->cache->valid_sec : 0);
}


static ngx_int_t
ngx_http_usher_coalesce_digest(ngx_http_request_t *r, u_char *digest)
{
    ngx_md5_t                            md5;
    ngx_str_t                            key;
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_usher_coalesce_module);

    if (ngx_http_complex_value(r, ucf->key, &key) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, key.data, key.len);
    ngx_md5_final(digest, &md5);

    return NGX_OK;
}


static ngx_http_usher_fill_shard_t *
ngx_http_usher_coalesce_shard(ngx_http_usher_fill_t *fill)
{
    ngx_uint_t  i;

    i = fill->digest[USHER_FILL_KEY_SIZE - 1] % NGX_HTTP_USHER_FILL_SHARDS;

    return ngx_http_usher_coalesce_worker.conf->shards[i]->data;
}


static int64_t
ngx_http_usher_coalesce_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


static ngx_int_t
ngx_http_usher_coalesced_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ngx_http_usher_coalesce_ctx(r->main);

    if (ctx == NULL || ctx->role.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = ctx->role.len;
    v->data = ctx->role.data;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_bypass_lock_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ngx_http_usher_coalesce_ctx(r->main);

    v->len = (ctx && ctx->bypass) ? 1 : 0;
    v->data = (u_char *) "1";
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_coalesce_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_usher_coalesce_vars; v->name.len; v++) {
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
ngx_http_usher_coalesce_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_coalesce_main_conf_t));
}


static void *
ngx_http_usher_coalesce_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_coalesce_loc_conf_t));
    if (ucf == NULL) {
        return NULL;
    }

    ucf->enable = NGX_CONF_UNSET;

    return ucf;
}


static char *
ngx_http_usher_coalesce_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_usher_coalesce_loc_conf_t  *prev = parent;
    ngx_http_usher_coalesce_loc_conf_t  *conf = child;

    if (conf->enable == NGX_CONF_UNSET) {
        *conf = *prev;
    }

    if (conf->enable == NGX_CONF_UNSET) {
        conf->enable = 0;
    }

    return NGX_CONF_OK;
}


/* usher_coalesce on|off [key=VALUE] [wait=TIME] [waiters=N] */

static char *
ngx_http_usher_coalesce(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_coalesce_loc_conf_t  *ucf = conf;

    ngx_int_t   n;
    ngx_str_t  *value, key, time;
    ngx_uint_t  i;

    if (ucf->enable != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ucf->enable = 0;
        return cf->args->nelts == 2 ? NGX_CONF_OK
                                    : "takes no parameters when \"off\"";
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        return "must be \"on\" or \"off\"";
    }

    ucf->enable = 1;
    ucf->wait = 15000;
    ucf->waiters = 16384;
    ngx_str_set(&key, "$usher_cache_key");

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "key=", 4) == 0 && value[i].len > 4) {
            key.data = value[i].data + 4;
            key.len = value[i].len - 4;
            continue;
        }

        if (ngx_strncmp(value[i].data, "wait=", 5) == 0) {
            time.data = value[i].data + 5;
            time.len = value[i].len - 5;

            n = ngx_parse_time(&time, 0);
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            ucf->wait = (ngx_msec_t) n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "waiters=", 8) == 0) {
            n = ngx_atoi(value[i].data + 8, value[i].len - 8);
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            ucf->waiters = (ngx_uint_t) n;
            continue;
        }

        goto invalid;
    }

    if (ngx_http_usher_coalesce_key(cf, ucf, &key) != NGX_OK
        || ngx_http_usher_coalesce_add_shards(cf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       &value[i]);
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_usher_coalesce_key(ngx_conf_t *cf,
    ngx_http_usher_coalesce_loc_conf_t *ucf, ngx_str_t *source)
{
    ngx_http_compile_complex_value_t  ccv;

    ucf->key = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (ucf->key == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = source;
    ccv.complex_value = ucf->key;

    return ngx_http_compile_complex_value(&ccv);
}


static ngx_int_t
ngx_http_usher_coalesce_add_shards(ngx_conf_t *cf)
{
    ngx_str_t                             name;
    ngx_uint_t                            i;
    ngx_shm_zone_t                       *zone;
    ngx_http_usher_coalesce_main_conf_t  *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_usher_coalesce_module);

    if (umcf->shards[0]) {
        return NGX_OK;
    }

    for (i = 0; i < NGX_HTTP_USHER_FILL_SHARDS; i++) {

        name.data = ngx_pnalloc(cf->pool, sizeof("usher_fills_") + NGX_INT_T_LEN);
        if (name.data == NULL) {
            return NGX_ERROR;
        }

        name.len = ngx_sprintf(name.data, "usher_fills_%ui", i) - name.data;

        zone = ngx_shared_memory_add(cf, &name, NGX_HTTP_USHER_FILL_SHARD_SIZE,
                                     &ngx_http_usher_coalesce_module);
        if (zone == NULL) {
            return NGX_ERROR;
        }

        zone->init = ngx_http_usher_coalesce_init_shard;
        zone->data = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_fill_shard_t));
        if (zone->data == NULL) {
            return NGX_ERROR;
        }

        umcf->shards[i] = zone;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_coalesce_init_shard(ngx_shm_zone_t *zone, void *data)
{
    size_t                        size;
    ngx_slab_pool_t              *shpool;
    ngx_http_usher_fill_shard_t  *shard;

    shard = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    shard->shpool = shpool;

    if (data || zone->shm.exists) {
        shard->table = shpool->data;

        if (!usher_fill_usable(shard->table)) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "zone \"%V\" was made by another version of the "
                          "module: restart nginx instead of reloading it",
                          &zone->shm.name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    shpool->log_nomem = 0;

    /* all that nginx's own bookkeeping leaves */

    for (size = zone->shm.size; size > usher_fill_minimum();
         size -= ngx_pagesize)
    {
        shard->table = ngx_slab_alloc(shpool, size);

        if (shard->table) {
            usher_fill_format(shard->table, size);
            shpool->data = shard->table;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_usher_coalesce_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt                  *h;
    ngx_http_core_main_conf_t            *cmcf;
    ngx_http_usher_coalesce_main_conf_t  *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_usher_coalesce_module);

    if (umcf->shards[0] == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_usher_coalesce_handler;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_usher_coalesce_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_usher_coalesce_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_coalesce_init_module(ngx_cycle_t *cycle)
{
    if (ngx_http_usher_coalesce_fd != -1) {
        return NGX_OK;
    }

    ngx_http_usher_coalesce_fd = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

    if (ngx_http_usher_coalesce_fd == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "eventfd() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_coalesce_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                            i;
    ngx_event_t                          *sweep;
    ngx_connection_t                     *c;
    ngx_http_usher_coalesce_main_conf_t  *umcf;

    /* the cache manager and loader come here, too */

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    umcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_usher_coalesce_module);

    if (umcf == NULL || umcf->shards[0] == NULL) {
        return NGX_OK;
    }

    if (!(ngx_event_flags & NGX_USE_CLEAR_EVENT)) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "usher_coalesce needs epoll and is off");
        return NGX_OK;
    }

    for (i = 0; i < NGX_HTTP_USHER_WATCH_BUCKETS; i++) {
        ngx_queue_init(&ngx_http_usher_coalesce_worker.watches[i]);
    }

    ngx_http_usher_coalesce_worker.conf = umcf;
    ngx_http_usher_coalesce_worker.followers = 0;

    sweep = &ngx_http_usher_coalesce_worker.sweep;
    ngx_memzero(sweep, sizeof(ngx_event_t));
    sweep->handler = ngx_http_usher_coalesce_sweep;
    sweep->data = &ngx_http_usher_coalesce_worker;
    sweep->log = cycle->log;
    sweep->cancelable = 1;

    c = ngx_get_connection(ngx_http_usher_coalesce_fd, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->log = cycle->log;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->read->handler = ngx_http_usher_coalesce_bell;

    /* not one that a worker closes, or complains about, when it exits */

    c->read->channel = 1;
    c->write->channel = 1;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_CLEAR_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        return NGX_ERROR;
    }

    ngx_http_usher_coalesce_connection = c;

    /* this worker may be the successor of one that was killed */

    if (ngx_http_usher_coalesce_bury()) {
        ngx_http_usher_coalesce_ring(cycle->log);
    }

    return NGX_OK;
}


static void
ngx_http_usher_coalesce_exit_process(ngx_cycle_t *cycle)
{
    if (ngx_http_usher_coalesce_connection == NULL) {
        return;
    }

    (void) ngx_del_event(ngx_http_usher_coalesce_connection->read,
                         NGX_READ_EVENT, NGX_CLEAR_EVENT);
    ngx_free_connection(ngx_http_usher_coalesce_connection);
    ngx_http_usher_coalesce_connection = NULL;
}
