
/*
 * usher_live: an origin holds requests for what a live playlist does not have
 * yet, and for parts that are about to appear, until the packager has written
 * it.
 *
 * A request parks in PRECONTENT and asks again when the file it waits for, or
 * the playlist that tells of it, was replaced.
 */

#include "ngx_http_usher_live.h"


#define NGX_HTTP_USHER_LIVE_STALLED                                          \
    "The stream has paused: it goes on by itself."


typedef struct {
    ngx_str_t                    directory;
} ngx_http_usher_live_loc_conf_t;


static ngx_int_t ngx_http_usher_live_handler(ngx_http_request_t *r);
static ngx_http_usher_live_ctx_t *ngx_http_usher_live_create_ctx(
    ngx_http_request_t *r);
static void ngx_http_usher_live_ask(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx, ngx_uint_t at_once);
static void ngx_http_usher_live_drop(ngx_http_usher_live_ctx_t *ctx);
static ngx_int_t ngx_http_usher_live_answer(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx);
static ngx_int_t ngx_http_usher_live_hold(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx);
static ngx_int_t ngx_http_usher_live_park(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx, ngx_http_usher_live_watch_t *watch);
static void ngx_http_usher_live_leave(void *data);
static ngx_int_t ngx_http_usher_live_stalled(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_live_missing(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_live_send(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_live_keep(ngx_http_request_t *r,
    ngx_uint_t seconds);
static void ngx_http_usher_live_cleanup(void *data);
static void *ngx_http_usher_live_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_usher_live_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_usher_live(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_usher_live_init(ngx_conf_t *cf);


static ngx_command_t  ngx_http_usher_live_commands[] = {

    { ngx_string("usher_live"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_live,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_live_loc_conf_t, directory),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_usher_live_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_usher_live_init,              /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_usher_live_create_loc_conf,   /* create location configuration */
    ngx_http_usher_live_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_usher_live_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_live_module_ctx,       /* module context */
    ngx_http_usher_live_commands,          /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_usher_live_init_process,      /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_usher_live_exit_process,      /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_usher_live_handler(ngx_http_request_t *r)
{
    ngx_http_usher_live_ctx_t       *ctx;
    ngx_http_usher_live_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_live_module);

    if (ulcf->directory.len == 0
        || r != r->main
        || !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        || ngx_http_usher_live_worker.inotify == NULL)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_live_module);

    if (ctx == NULL) {
        ctx = ngx_http_usher_live_create_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->parked.ended) {
        return ngx_http_usher_parked_refuse(&ctx->parked);
    }

    if (ctx->parked.timed_out) {
        return ngx_http_usher_live_stalled(r);
    }

    ngx_http_usher_live_ask(r, ctx, ngx_exiting || ngx_terminate || ngx_quit);

    return ngx_http_usher_live_answer(r, ctx);
}


static ngx_http_usher_live_ctx_t *
ngx_http_usher_live_create_ctx(ngx_http_request_t *r)
{
    u_char                     *p;
    ngx_pool_cleanup_t         *cln;
    ngx_http_usher_live_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_usher_live_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_usher_live_ctx_t));

    cln->handler = ngx_http_usher_live_cleanup;

    ngx_http_usher_parked_init(&ctx->parked, r, USHER_WAIT_HELD,
                               ngx_http_usher_live_leave, ctx);

    for (p = r->uri.data + r->uri.len; p > r->uri.data && p[-1] != '/'; p--) {
        /* void */
    }

    ctx->file.data = p;
    ctx->file.len = r->uri.data + r->uri.len - p;

    ngx_http_set_ctx(r, ctx, ngx_http_usher_live_module);

    return ctx;
}


static void
ngx_http_usher_live_ask(ngx_http_request_t *r, ngx_http_usher_live_ctx_t *ctx,
    ngx_uint_t at_once)
{
    ngx_http_usher_live_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_live_module);

    ngx_http_usher_live_drop(ctx);

    usher_live_ask(ngx_http_usher_live_worker.live,
                   ngx_http_usher_view(&ulcf->directory),
                   ngx_http_usher_view(&r->uri), ngx_http_usher_view(&r->args),
                   (int) at_once, &ctx->answer);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "usher live step:%d", ctx->answer.step);
}


static void
ngx_http_usher_live_drop(ngx_http_usher_live_ctx_t *ctx)
{
    if (ctx->answer.held) {
        usher_live_release(ctx->answer.held);
        ctx->answer.held = NULL;
    }
}


static ngx_int_t
ngx_http_usher_live_answer(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx)
{
    switch (ctx->answer.step) {

    case USHER_LIVE_SEND:
        r->content_handler = ngx_http_usher_live_send;
        return NGX_DECLINED;

    case USHER_LIVE_HOLD:
        return ngx_http_usher_live_hold(r, ctx);

    case USHER_LIVE_BAD:
        return ngx_http_usher_finish(r,
                   ngx_http_usher_refuse(r, usher_denial_bad_request,
                                         "live position"));

    case USHER_LIVE_MISSING:
        return ngx_http_usher_live_missing(r);

    case USHER_LIVE_STALLED:
        return ngx_http_usher_live_stalled(r);

    default: /* USHER_LIVE_DECLINE */
        return NGX_DECLINED;
    }
}


static ngx_int_t
ngx_http_usher_live_hold(ngx_http_request_t *r, ngx_http_usher_live_ctx_t *ctx)
{
    u_char                          *p;
    ngx_str_t                        path;
    ngx_uint_t                       is_new;
    ngx_http_usher_live_watch_t     *watch;
    ngx_http_usher_live_loc_conf_t  *ulcf;

    if (!ctx->waiting) {
        ctx->waiting = 1;
        ctx->deadline = ngx_current_msec
                        + (ngx_msec_t) ctx->answer.patience * 1000;
    }

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_live_module);

    path.len = ulcf->directory.len + (ctx->file.data - r->uri.data);
    path.data = ngx_pnalloc(r->pool, path.len + 1);
    if (path.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_cpymem(path.data, ulcf->directory.data, ulcf->directory.len);
    p = ngx_cpymem(p, r->uri.data, ctx->file.data - r->uri.data);
    *p = '\0';

    watch = ngx_http_usher_live_watch(r, &path, &is_new);
    if (watch == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (is_new) {

        /* what came before the watch was there, it does not tell of */

        ngx_http_usher_live_ask(r, ctx, 0);

        if (ctx->answer.step != USHER_LIVE_HOLD) {
            ngx_http_usher_live_unwatch(watch);
            return ngx_http_usher_live_answer(r, ctx);
        }
    }

    return ngx_http_usher_live_park(r, ctx, watch);
}


static ngx_int_t
ngx_http_usher_live_park(ngx_http_request_t *r, ngx_http_usher_live_ctx_t *ctx,
    ngx_http_usher_live_watch_t *watch)
{
    ngx_msec_int_t  left;

    ngx_queue_insert_tail(&watch->held, &ctx->queue);
    ctx->watch = watch;

    if (!ngx_http_usher_live_worker.sweep.timer_set) {
        ngx_add_timer(&ngx_http_usher_live_worker.sweep,
                      NGX_HTTP_USHER_LIVE_SWEEP);
    }

    left = (ngx_msec_int_t) (ctx->deadline - ngx_current_msec);

    return ngx_http_usher_park(&ctx->parked, (ngx_msec_t) ngx_max(left, 1));
}


static void
ngx_http_usher_live_leave(void *data)
{
    ngx_http_usher_live_ctx_t  *ctx = data;

    ngx_queue_remove(&ctx->queue);

    ngx_http_usher_live_unwatch(ctx->watch);
}


static ngx_int_t
ngx_http_usher_live_stalled(ngx_http_request_t *r)
{
    if (ngx_http_usher_push_header(r, "Retry-After", "1", 1) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_finish(r,
               ngx_http_usher_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                      "live_stalled",
                                      NGX_HTTP_USHER_LIVE_STALLED));
}


/* it may be there in a moment, so nobody is to remember that it was not */

static ngx_int_t
ngx_http_usher_live_missing(ngx_http_request_t *r)
{
    if (ngx_http_usher_live_keep(r, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NOT_FOUND;
}


static ngx_int_t
ngx_http_usher_live_send(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_buf_t                  *b;
    ngx_chain_t                 out;
    ngx_http_usher_live_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_usher_live_module);

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = ctx->answer.body.size;
    r->headers_out.last_modified_time = ctx->answer.modified;

    if (ngx_http_set_etag(r) != NGX_OK
        || ngx_http_set_content_type(r) != NGX_OK
        || ngx_http_usher_live_keep(r, ctx->answer.max_age) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) ctx->answer.body.data;
    b->last = b->pos + ctx->answer.body.size;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_usher_live_keep(ngx_http_request_t *r, ngx_uint_t seconds)
{
    u_char  *value, *last;

    if (seconds == 0) {
        return ngx_http_usher_push_header(r, "Cache-Control", "no-store",
                                          sizeof("no-store") - 1);
    }

    value = ngx_pnalloc(r->pool, sizeof("max-age=") + NGX_INT_T_LEN);
    if (value == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(value, "max-age=%ui", seconds);

    return ngx_http_usher_push_header(r, "Cache-Control", (char *) value,
                                      last - value);
}


static void
ngx_http_usher_live_cleanup(void *data)
{
    ngx_http_usher_live_ctx_t  *ctx = data;

    ngx_http_usher_unpark(&ctx->parked);
    ngx_http_usher_live_drop(ctx);
}


static void *
ngx_http_usher_live_create_loc_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_live_loc_conf_t));
}


static char *
ngx_http_usher_live_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_usher_live_loc_conf_t  *prev = parent;
    ngx_http_usher_live_loc_conf_t  *conf = child;

    if (conf->directory.data == NULL) {
        conf->directory = prev->directory;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_usher_live(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_live_loc_conf_t  *ulcf = conf;

    ngx_str_t                 *value;
    ngx_http_usher_srv_conf_t *uscf;

    if (ulcf->directory.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    ulcf->directory = value[1];

    if (ngx_conf_full_name(cf->cycle, &ulcf->directory, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (ulcf->directory.len
           && ulcf->directory.data[ulcf->directory.len - 1] == '/')
    {
        ulcf->directory.len--;
    }

    if (ulcf->directory.len == 0) {
        return "must not be the root directory";
    }

    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_usher_module);
    uscf->active = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_usher_live_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_usher_live_handler;

    return NGX_OK;
}
