
/*
 * usher_live: an origin holds requests for what a live playlist does not have
 * yet, and for parts that are about to appear, until the packager has written
 * it.
 *
 * A request parks in PRECONTENT and asks again when the file it waits for, or
 * the playlist that tells of it, was replaced: inotify tells, one watch per
 * directory and worker, and nothing polls. A worker that is to exit sends what
 * there is.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include <sys/inotify.h>

#include "ngx_http_usher_module.h"
#include "../live_bridge.h"


#define NGX_HTTP_USHER_LIVE_EVENTS                                           \
    (IN_CLOSE_WRITE|IN_MOVED_TO|IN_DELETE_SELF|IN_MOVE_SELF|IN_ONLYDIR)

/* how soon a worker that is to exit lets its held requests go */
#define NGX_HTTP_USHER_LIVE_SWEEP  200

#define NGX_HTTP_USHER_LIVE_STALLED                                          \
    "The stream has paused: it goes on by itself."


typedef struct {
    ngx_str_t                    directory;
} ngx_http_usher_live_loc_conf_t;


/* a directory of this worker's in which requests wait for files */

typedef struct {
    ngx_queue_t                  queue;
    ngx_queue_t                  held;
    int                          wd;
    ngx_str_t                    path;
} ngx_http_usher_live_watch_t;


typedef struct {
    ngx_http_request_t          *request;
    ngx_http_usher_live_watch_t *watch;
    ngx_queue_t                  queue;
    ngx_event_t                  event;
    ngx_msec_t                   deadline;
    ngx_str_t                    file;          /* last element of the path */
    usher_live_answer_t          answer;
    unsigned                     waiting:1;     /* deadline is set */
    unsigned                     late:1;
} ngx_http_usher_live_ctx_t;


typedef struct {
    usher_live_t                *live;
    ngx_connection_t            *inotify;
    ngx_queue_t                  watches;
    ngx_event_t                  sweep;
} ngx_http_usher_live_worker_t;


static ngx_int_t ngx_http_usher_live_handler(ngx_http_request_t *r);
static ngx_http_usher_live_ctx_t *ngx_http_usher_live_create_ctx(
    ngx_http_request_t *r);
static void ngx_http_usher_live_ask(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx, ngx_uint_t at_once);
static void ngx_http_usher_live_drop(ngx_http_usher_live_ctx_t *ctx);
static ngx_int_t ngx_http_usher_live_hold(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx);
static ngx_int_t ngx_http_usher_live_park(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx, ngx_http_usher_live_watch_t *watch);
static ngx_int_t ngx_http_usher_live_answer(ngx_http_request_t *r,
    ngx_http_usher_live_ctx_t *ctx);
static ngx_int_t ngx_http_usher_live_stalled(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_live_missing(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_live_send(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_live_keep(ngx_http_request_t *r,
    ngx_uint_t seconds);
static void ngx_http_usher_live_cleanup(void *data);

static ngx_http_usher_live_watch_t *ngx_http_usher_live_watch(
    ngx_http_request_t *r, ngx_str_t *path, ngx_uint_t *is_new);
static void ngx_http_usher_live_unpark(ngx_http_usher_live_ctx_t *ctx);
static void ngx_http_usher_live_unwatch(ngx_http_usher_live_watch_t *watch);
static void ngx_http_usher_live_changed(ngx_event_t *ev);
static void ngx_http_usher_live_tell(const struct inotify_event *change);
static void ngx_http_usher_live_wake(ngx_event_t *ev);
static void ngx_http_usher_live_sweep(ngx_event_t *ev);

static void *ngx_http_usher_live_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_usher_live_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_usher_live(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_usher_live_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_usher_live_init_process(ngx_cycle_t *cycle);
static void ngx_http_usher_live_exit_process(ngx_cycle_t *cycle);


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


static ngx_http_usher_live_worker_t  ngx_http_usher_live_worker;


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

    if (ctx->late) {
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

    ctx->request = r;
    ctx->event.handler = ngx_http_usher_live_wake;
    ctx->event.data = ctx;
    ctx->event.log = r->connection->log;

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
    ngx_msec_int_t     left;
    ngx_connection_t  *c;

    c = r->connection;

    ngx_queue_insert_tail(&watch->held, &ctx->queue);
    ctx->watch = watch;

    left = (ngx_msec_int_t) (ctx->deadline - ngx_current_msec);
    ngx_add_timer(&ctx->event, (ngx_msec_t) ngx_max(left, 1));

    if (!ngx_http_usher_live_worker.sweep.timer_set) {
        ngx_add_timer(&ngx_http_usher_live_worker.sweep,
                      NGX_HTTP_USHER_LIVE_SWEEP);
    }

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_AGAIN;
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

    if (ctx->event.timer_set) {
        ngx_del_timer(&ctx->event);
    }

    if (ctx->event.posted) {
        ngx_delete_posted_event(&ctx->event);
    }

    ngx_http_usher_live_unpark(ctx);
    ngx_http_usher_live_drop(ctx);
}


static ngx_http_usher_live_watch_t *
ngx_http_usher_live_watch(ngx_http_request_t *r, ngx_str_t *path,
    ngx_uint_t *is_new)
{
    ngx_queue_t                  *q;
    ngx_http_usher_live_watch_t  *watch;

    *is_new = 0;

    for (q = ngx_queue_head(&ngx_http_usher_live_worker.watches);
         q != ngx_queue_sentinel(&ngx_http_usher_live_worker.watches);
         q = ngx_queue_next(q))
    {
        watch = ngx_queue_data(q, ngx_http_usher_live_watch_t, queue);

        if (watch->path.len == path->len
            && ngx_memcmp(watch->path.data, path->data, path->len) == 0)
        {
            return watch;
        }
    }

    watch = ngx_alloc(sizeof(ngx_http_usher_live_watch_t) + path->len,
                      r->connection->log);
    if (watch == NULL) {
        return NULL;
    }

    watch->path.data = (u_char *) watch + sizeof(ngx_http_usher_live_watch_t);
    watch->path.len = path->len;
    ngx_memcpy(watch->path.data, path->data, path->len);

    watch->wd = inotify_add_watch(ngx_http_usher_live_worker.inotify->fd,
                                  (char *) path->data,
                                  NGX_HTTP_USHER_LIVE_EVENTS);

    if (watch->wd == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "usher: cannot watch \"%V\"; see the kernel's "
                      "fs.inotify.max_user_watches", path);
        ngx_free(watch);
        return NULL;
    }

    ngx_queue_init(&watch->held);
    ngx_queue_insert_head(&ngx_http_usher_live_worker.watches, &watch->queue);

    *is_new = 1;

    return watch;
}


static void
ngx_http_usher_live_unpark(ngx_http_usher_live_ctx_t *ctx)
{
    ngx_http_usher_live_watch_t  *watch;

    watch = ctx->watch;

    if (watch == NULL) {
        return;
    }

    ngx_queue_remove(&ctx->queue);
    ctx->watch = NULL;

    ngx_http_usher_live_unwatch(watch);
}


static void
ngx_http_usher_live_unwatch(ngx_http_usher_live_watch_t *watch)
{
    if (!ngx_queue_empty(&watch->held)) {
        return;
    }

    /* fails where the directory is gone, and the watch with it */
    (void) inotify_rm_watch(ngx_http_usher_live_worker.inotify->fd, watch->wd);

    ngx_queue_remove(&watch->queue);
    ngx_free(watch);
}


static void
ngx_http_usher_live_changed(ngx_event_t *ev)
{
    u_char                      *p;
    ssize_t                      n;
    ngx_connection_t            *c;
    const struct inotify_event  *change;

    u_char  buf[16384]
                __attribute__ ((aligned(__alignof__(struct inotify_event))));

    c = ev->data;

    for ( ;; ) {
        n = read(c->fd, buf, sizeof(buf));

        if (n <= 0) {

            if (n == -1 && ngx_errno != NGX_EAGAIN) {
                ngx_log_error(NGX_LOG_ERR, c->log, ngx_errno,
                              "usher: reading inotify failed");
            }

            return;
        }

        for (p = buf; p < buf + n; p += sizeof(*change) + change->len) {
            change = (const struct inotify_event *) p;
            ngx_http_usher_live_tell(change);
        }
    }
}


/* to whom the change matters; to all where the kernel lost count */

static void
ngx_http_usher_live_tell(const struct inotify_event *change)
{
    size_t                        len;
    ngx_uint_t                    all;
    ngx_queue_t                  *q, *h;
    ngx_http_usher_live_ctx_t    *ctx;
    ngx_http_usher_live_watch_t  *watch;

    if (change->mask & IN_IGNORED) {
        return;
    }

    len = change->len ? ngx_strlen(change->name) : 0;

    all = (change->mask & (IN_Q_OVERFLOW|IN_DELETE_SELF|IN_MOVE_SELF))
          || (len == sizeof(USHER_LIVE_PLAYLIST) - 1
              && ngx_memcmp(change->name, USHER_LIVE_PLAYLIST, len) == 0);

    for (q = ngx_queue_head(&ngx_http_usher_live_worker.watches);
         q != ngx_queue_sentinel(&ngx_http_usher_live_worker.watches);
         q = ngx_queue_next(q))
    {
        watch = ngx_queue_data(q, ngx_http_usher_live_watch_t, queue);

        if (watch->wd != change->wd && !(change->mask & IN_Q_OVERFLOW)) {
            continue;
        }

        for (h = ngx_queue_head(&watch->held);
             h != ngx_queue_sentinel(&watch->held);
             h = ngx_queue_next(h))
        {
            ctx = ngx_queue_data(h, ngx_http_usher_live_ctx_t, queue);

            if (all || (ctx->file.len == len
                        && ngx_memcmp(ctx->file.data, change->name, len)
                           == 0))
            {
                ngx_post_event(&ctx->event, &ngx_posted_events);
            }
        }
    }
}


static void
ngx_http_usher_live_wake(ngx_event_t *ev)
{
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_usher_live_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ev->timedout = 0;
        ctx->late = 1;

    } else if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }

    ngx_http_usher_live_unpark(ctx);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);

    } else {
        ngx_http_core_run_phases(r);
    }

    ngx_http_run_posted_requests(c);
}


/* nothing else tells a worker's requests that it is to exit */

static void
ngx_http_usher_live_sweep(ngx_event_t *ev)
{
    ngx_queue_t                  *q, *h;
    ngx_http_usher_live_ctx_t    *ctx;
    ngx_http_usher_live_watch_t  *watch;

    if (ngx_queue_empty(&ngx_http_usher_live_worker.watches)) {
        return;
    }

    if (!ngx_exiting && !ngx_quit && !ngx_terminate) {
        ngx_add_timer(ev, NGX_HTTP_USHER_LIVE_SWEEP);
        return;
    }

    for (q = ngx_queue_head(&ngx_http_usher_live_worker.watches);
         q != ngx_queue_sentinel(&ngx_http_usher_live_worker.watches);
         q = ngx_queue_next(q))
    {
        watch = ngx_queue_data(q, ngx_http_usher_live_watch_t, queue);

        for (h = ngx_queue_head(&watch->held);
             h != ngx_queue_sentinel(&watch->held);
             h = ngx_queue_next(h))
        {
            ctx = ngx_queue_data(h, ngx_http_usher_live_ctx_t, queue);
            ngx_post_event(&ctx->event, &ngx_posted_events);
        }
    }
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


static ngx_int_t
ngx_http_usher_live_init_process(ngx_cycle_t *cycle)
{
    int                fd;
    ngx_event_t       *sweep;
    ngx_connection_t  *c;

    if ((ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
        || ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module)
           == NULL)
    {
        return NGX_OK;
    }

    if (!(ngx_event_flags & NGX_USE_CLEAR_EVENT)) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "usher_live needs epoll and is off");
        return NGX_OK;
    }

    ngx_queue_init(&ngx_http_usher_live_worker.watches);

    sweep = &ngx_http_usher_live_worker.sweep;
    ngx_memzero(sweep, sizeof(ngx_event_t));
    sweep->handler = ngx_http_usher_live_sweep;
    sweep->data = &ngx_http_usher_live_worker;
    sweep->log = cycle->log;
    sweep->cancelable = 1;

    fd = inotify_init1(IN_NONBLOCK|IN_CLOEXEC);
    if (fd == -1) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "usher: inotify_init1() failed, usher_live is off");
        return NGX_OK;
    }

    ngx_http_usher_live_worker.live = usher_live_create();
    c = ngx_get_connection(fd, cycle->log);

    if (ngx_http_usher_live_worker.live == NULL || c == NULL) {
        (void) close(fd);
        return NGX_ERROR;
    }

    c->log = cycle->log;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->read->handler = ngx_http_usher_live_changed;

    /* not one that a worker closes, or complains about, when it exits */

    c->read->channel = 1;
    c->write->channel = 1;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_CLEAR_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        (void) close(fd);
        return NGX_ERROR;
    }

    ngx_http_usher_live_worker.inotify = c;

    return NGX_OK;
}


static void
ngx_http_usher_live_exit_process(ngx_cycle_t *cycle)
{
    int  fd;

    if (ngx_http_usher_live_worker.inotify == NULL) {
        return;
    }

    fd = ngx_http_usher_live_worker.inotify->fd;

    (void) ngx_del_event(ngx_http_usher_live_worker.inotify->read,
                         NGX_READ_EVENT, NGX_CLEAR_EVENT);
    ngx_free_connection(ngx_http_usher_live_worker.inotify);
    ngx_http_usher_live_worker.inotify = NULL;
    (void) close(fd);

    usher_live_destroy(ngx_http_usher_live_worker.live);
    ngx_http_usher_live_worker.live = NULL;
}
