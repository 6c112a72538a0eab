
/*
 * Requests that wait in a phase until something happens elsewhere: in a file,
 * or in another worker. One home for parking and waking, whoever they wait for.
 */

#ifndef _NGX_HTTP_USHER_PARKING_H_INCLUDED_
#define _NGX_HTTP_USHER_PARKING_H_INCLUDED_


#include "ngx_http_usher_traffic.h"


typedef struct ngx_http_usher_parked_s  ngx_http_usher_parked_t;

/* part of the waiting module's context of the request */

struct ngx_http_usher_parked_s {
    ngx_http_request_t          *request;
    ngx_queue_t                  queue;
    ngx_event_t                  event;
    void                        *data;

    /* takes it off the waiting module's own lists; called once */
    void                       (*leave)(void *data);

    /* how it goes on; NULL: with the phases, where it was */
    void                       (*resume)(ngx_http_request_t *r);

    ngx_msec_t                   since;         /* it waits */
    usher_wait_t                 kind;
    unsigned                     waits:1;
    unsigned                     waited:1;
    unsigned                     timed_out:1;   /* nobody woke it in time */
    unsigned                     ended:1;       /* its session was, see entry */
    usher_entry_t                entry;
};


void ngx_http_usher_parked_init(ngx_http_usher_parked_t *parked,
    ngx_http_request_t *r, usher_wait_t kind, void (*leave)(void *data),
    void *data);

/*
 * What a phase handler returns: NGX_AGAIN, or an error. Woken, the request runs
 * its phases again, from that handler on.
 */
ngx_int_t ngx_http_usher_park(ngx_http_usher_parked_t *parked,
    ngx_msec_t wait);
void ngx_http_usher_wake(ngx_http_usher_parked_t *parked);

/* the answer to one whose session ended while it waited */
ngx_int_t ngx_http_usher_parked_refuse(ngx_http_usher_parked_t *parked);

/* for a pool's cleanup: the request is no more */
void ngx_http_usher_unpark(ngx_http_usher_parked_t *parked);

/*
 * One bell for all workers of a master, old ones during a reload included: a
 * fill has ended, or somebody may be barred who was admitted.
 */
void ngx_http_usher_ring(ngx_log_t *log);
/* as if the bell had rung for everybody: this worker has other keys now */
void ngx_http_usher_look_anew(void);
void ngx_http_usher_on_bell(void (*heard)(void));
ngx_uint_t ngx_http_usher_has_bell(void);
/* how often this worker heard it */
ngx_uint_t ngx_http_usher_bells(void);

ngx_int_t ngx_http_usher_parking_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_usher_parking_init_process(ngx_cycle_t *cycle);
void ngx_http_usher_parking_exit_process(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_USHER_PARKING_H_INCLUDED_ */
