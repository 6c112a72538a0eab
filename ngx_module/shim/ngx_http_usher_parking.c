
/*
 * Parked requests, and what ends their waiting beside what they wait for: a
 * time limit, and the end of their session. And the bell that wakes workers: one
 * eventfd for all workers of a master, registered edge-triggered and never read,
 * so that each write reaches every worker, old ones during a reload included.
 */

#include "ngx_http_usher_parking.h"

#include <ngx_event.h>

#include <sys/eventfd.h>


/* milliseconds: evictions can come by the hundred */
#define NGX_HTTP_USHER_LOOK_PAUSE  100
#define NGX_HTTP_USHER_NEVER_LOOKED  ((uint64_t) -1)


typedef struct {
    ngx_queue_t                  parked;
    ngx_event_t                  look;
    ngx_msec_t                   looked;
    ngx_uint_t                   bells;
    uint64_t                     changes;
    ngx_http_usher_main_conf_t  *umcf;
    ngx_connection_t            *bell;
    void                       (*heard)(void);
} ngx_http_usher_parking_worker_t;


static void ngx_http_usher_parked_wake(ngx_event_t *ev);
static void ngx_http_usher_bell(ngx_event_t *ev);
static void ngx_http_usher_look_later(ngx_event_t *ev);
static void ngx_http_usher_look_at_parked(void);


/* the bell of this master and all its workers, over all its cycles */
static int  ngx_http_usher_bell_fd = -1;

static ngx_http_usher_parking_worker_t  ngx_http_usher_parking_worker;


void
ngx_http_usher_parked_init(ngx_http_usher_parked_t *parked,
    ngx_http_request_t *r, usher_wait_t kind, void (*leave)(void *data),
    void *data)
{
    ngx_memzero(parked, sizeof(ngx_http_usher_parked_t));

    parked->kind = kind;
    parked->request = r;
    parked->leave = leave;
    parked->data = data;

    parked->event.handler = ngx_http_usher_parked_wake;
    parked->event.data = parked;
    parked->event.log = r->connection->log;
}


ngx_int_t
ngx_http_usher_park(ngx_http_usher_parked_t *parked, ngx_msec_t wait)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = parked->request;
    c = r->connection;

    parked->waits = 1;
    parked->waited = 1;
    parked->since = ngx_current_msec;
    ngx_http_usher_traffic_park(r, parked->kind);

    ngx_queue_insert_tail(&ngx_http_usher_parking_worker.parked,
                          &parked->queue);

    ngx_add_timer(&parked->event, wait);

    /* so that a client that leaves is noticed */

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_AGAIN;
}


void
ngx_http_usher_wake(ngx_http_usher_parked_t *parked)
{
    if (parked->event.timer_set) {
        ngx_del_timer(&parked->event);
    }

    ngx_post_event(&parked->event, &ngx_posted_events);
}


void
ngx_http_usher_unpark(ngx_http_usher_parked_t *parked)
{
    if (parked->event.timer_set) {
        ngx_del_timer(&parked->event);
    }

    if (parked->event.posted) {
        ngx_delete_posted_event(&parked->event);
    }

    if (parked->waits) {
        parked->waits = 0;
        ngx_http_usher_traffic_unpark(parked->request, parked->kind,
                                      ngx_current_msec - parked->since);
        ngx_queue_remove(&parked->queue);
        parked->leave(parked->data);
    }
}


static void
ngx_http_usher_parked_wake(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_usher_parked_t  *parked;

    parked = ev->data;
    r = parked->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ev->timedout = 0;
        parked->timed_out = 1;
    }

    ngx_http_usher_unpark(parked);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);

    } else if (parked->resume) {
        parked->resume(r);

    } else {
        ngx_http_core_run_phases(r);
    }

    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_usher_parked_refuse(ngx_http_usher_parked_t *parked)
{
    return ngx_http_usher_finish(parked->request,
               ngx_http_usher_refuse_entry(parked->request, &parked->entry));
}


void
ngx_http_usher_ring(ngx_log_t *log)
{
    uint64_t  one = 1;

    if (ngx_http_usher_bell_fd == -1) {

        /* before there are workers */

        return;
    }

    if (write(ngx_http_usher_bell_fd, &one, sizeof(one))
        != (ssize_t) sizeof(one))
    {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "usher: waking the other workers failed");
    }
}


void
ngx_http_usher_look_anew(void)
{
    ngx_http_usher_parking_worker.bells++;
    ngx_http_usher_parking_worker.changes = NGX_HTTP_USHER_NEVER_LOOKED;

    ngx_http_usher_look_later(&ngx_http_usher_parking_worker.look);
}


void
ngx_http_usher_on_bell(void (*heard)(void))
{
    ngx_http_usher_parking_worker.heard = heard;
}


ngx_uint_t
ngx_http_usher_has_bell(void)
{
    return ngx_http_usher_parking_worker.bell != NULL;
}


ngx_uint_t
ngx_http_usher_bells(void)
{
    return ngx_http_usher_parking_worker.bells;
}


static void
ngx_http_usher_bell(ngx_event_t *ev)
{
    ngx_http_usher_parking_worker.bells++;

    if (ngx_http_usher_parking_worker.heard) {
        ngx_http_usher_parking_worker.heard();
    }

    ngx_http_usher_look_later(&ngx_http_usher_parking_worker.look);
}


/* at once, unless that was just now */

static void
ngx_http_usher_look_later(ngx_event_t *ev)
{
    ngx_msec_t  since;

    if (ev->timer_set) {
        return;
    }

    since = ngx_current_msec - ngx_http_usher_parking_worker.looked;

    if (since < NGX_HTTP_USHER_LOOK_PAUSE) {
        ngx_add_timer(ev, NGX_HTTP_USHER_LOOK_PAUSE - since);
        return;
    }

    ngx_http_usher_look_at_parked();
}


static void
ngx_http_usher_look_at_parked(void)
{
    uint64_t                     changes;
    ngx_queue_t                 *q;
    ngx_http_usher_parked_t     *parked;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_usher_parking_worker.umcf;

    if (!umcf->has_zones) {
        return;
    }

    changes = usher_house_changes(&umcf->house);

    if (changes == ngx_http_usher_parking_worker.changes) {
        return;
    }

    ngx_http_usher_parking_worker.changes = changes;
    ngx_http_usher_parking_worker.looked = ngx_current_msec;

    for (q = ngx_queue_head(&ngx_http_usher_parking_worker.parked);
         q != ngx_queue_sentinel(&ngx_http_usher_parking_worker.parked);
         q = ngx_queue_next(q))
    {
        parked = ngx_queue_data(q, ngx_http_usher_parked_t, queue);

        if (ngx_http_usher_look_again(parked->request, &parked->entry)
            != NGX_OK)
        {
            parked->ended = 1;
            ngx_http_usher_wake(parked);
        }
    }
}


ngx_int_t
ngx_http_usher_parking_init_module(ngx_cycle_t *cycle)
{
    if (ngx_http_usher_bell_fd != -1) {
        return NGX_OK;
    }

    ngx_http_usher_bell_fd = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

    if (ngx_http_usher_bell_fd == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "eventfd() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_usher_parking_init_process(ngx_cycle_t *cycle)
{
    ngx_event_t       *look;
    ngx_connection_t  *c;

    ngx_memzero(&ngx_http_usher_parking_worker,
                sizeof(ngx_http_usher_parking_worker_t));
    ngx_queue_init(&ngx_http_usher_parking_worker.parked);

    /* the cache manager and loader come here, too */

    if ((ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
        || ngx_http_cycle_get_module_main_conf(cycle, ngx_http_usher_module)
           == NULL
        || !(ngx_event_flags & NGX_USE_CLEAR_EVENT))
    {
        return NGX_OK;
    }

    ngx_http_usher_parking_worker.umcf =
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_usher_module);

    look = &ngx_http_usher_parking_worker.look;
    look->handler = ngx_http_usher_look_later;
    look->log = cycle->log;
    look->cancelable = 1;

    c = ngx_get_connection(ngx_http_usher_bell_fd, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->log = cycle->log;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->read->handler = ngx_http_usher_bell;

    /* not one that a worker closes, or complains about, when it exits */

    c->read->channel = 1;
    c->write->channel = 1;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_CLEAR_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        return NGX_ERROR;
    }

    ngx_http_usher_parking_worker.bell = c;

    return NGX_OK;
}


void
ngx_http_usher_parking_exit_process(ngx_cycle_t *cycle)
{
    if (ngx_http_usher_parking_worker.bell == NULL) {
        return;
    }

    (void) ngx_del_event(ngx_http_usher_parking_worker.bell->read,
                         NGX_READ_EVENT, NGX_CLEAR_EVENT);
    ngx_free_connection(ngx_http_usher_parking_worker.bell);
    ngx_http_usher_parking_worker.bell = NULL;
}
