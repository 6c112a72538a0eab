
/*
 * The directories in which requests of this worker wait for files: inotify
 * tells, one watch per directory and worker, and nothing polls. A worker that
 * is to exit lets its requests go.
 */

#include "ngx_http_usher_live.h"

#include <ngx_event.h>

#include <sys/inotify.h>


#define NGX_HTTP_USHER_LIVE_EVENTS                                           \
    (IN_CLOSE_WRITE|IN_MOVED_TO|IN_DELETE_SELF|IN_MOVE_SELF|IN_ONLYDIR)


static void ngx_http_usher_live_changed(ngx_event_t *ev);
static void ngx_http_usher_live_tell(const struct inotify_event *change);
static void ngx_http_usher_live_sweep(ngx_event_t *ev);


ngx_http_usher_live_worker_t  ngx_http_usher_live_worker;


ngx_http_usher_live_watch_t *
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


void
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
                ngx_http_usher_wake(&ctx->parked);
            }
        }
    }
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
            ngx_http_usher_wake(&ctx->parked);
        }
    }
}


ngx_int_t
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


void
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
