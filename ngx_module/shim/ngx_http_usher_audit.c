
/*
 * usher_audit FILE: who was admitted, evicted, revoked, denied, and given a key,
 * for refunds and chargebacks. One JSON object a line, without any credential.
 *
 * Lines go to a buffer of the worker, and from there to the file by a timer, so
 * that no request waits for a disk. What does not fit is dropped and counted.
 * nginx reopens the file on USR1, as it does with its logs.
 */

#include "ngx_http_usher_module.h"

#include <ngx_event.h>


#define NGX_HTTP_USHER_AUDIT_BUFFER    (256 * 1024)
#define NGX_HTTP_USHER_AUDIT_LINE      512
#define NGX_HTTP_USHER_AUDIT_FLUSH     200


static ngx_http_usher_main_conf_t *ngx_http_usher_audit_conf(
    ngx_http_request_t *r);
static u_char *ngx_http_usher_audit_begin(u_char *p, u_char *last);
static void ngx_http_usher_audit_write(ngx_http_usher_main_conf_t *umcf,
    u_char *line, size_t len, size_t room);
static void ngx_http_usher_audit_flush(ngx_open_file_t *file, ngx_log_t *log);
static void ngx_http_usher_audit_timer(ngx_event_t *ev);


/* this worker's */

static struct {
    u_char       *data;
    size_t        len;
    ngx_uint_t    failing;
    ngx_event_t   timer;
} ngx_http_usher_audit_buffer;


char *
ngx_http_usher_audit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_main_conf_t  *umcf = conf;

    ngx_str_t  *value;

    if (umcf->audit) {
        return "is duplicate";
    }

    value = cf->args->elts;

    umcf->audit = ngx_conf_open_file(cf->cycle, &value[1]);
    if (umcf->audit == NULL) {
        return NGX_CONF_ERROR;
    }

    if (umcf->audit->flush) {
        return "names a file that something else writes to";
    }

    umcf->audit->flush = ngx_http_usher_audit_flush;

    return NGX_CONF_OK;
}


/* `kid` may be NULL; `reason` is one of the module's own words */

void
ngx_http_usher_audit_request(ngx_http_request_t *r, const char *what,
    const char *reason, const u_char *sid, const char *kid)
{
    u_char                       line[NGX_HTTP_USHER_AUDIT_LINE];
    size_t                       room;
    u_char                      *p, *last, *ticket;
    u_char                       hex[2 * sizeof(((usher_session_t *) 0)->sid)];
    usher_view_t                 event;
    ngx_http_usher_ctx_t        *ctx;
    ngx_http_usher_main_conf_t  *umcf;

    static const u_char  nobody[sizeof(ctx->refused)];

    umcf = ngx_http_usher_audit_conf(r);

    if (umcf == NULL) {
        return;
    }

    ctx = ngx_http_usher_get_ctx(r);
    event = usher_event_of(ngx_http_usher_view(&ctx->path));

    if (ctx->endpoint && usher_is_event(ngx_http_usher_view(&ctx->event))) {
        event = ngx_http_usher_view(&ctx->event);
    }

    last = line + sizeof(line);
    p = ngx_http_usher_audit_begin(line, last);
    p = ngx_slprintf(p, last, "\"what\":\"%s\",\"event\":\"%*s\"", what,
                     event.size, event.data ? event.data : "");

    if (sid) {
        ngx_hex_dump(hex, (u_char *) sid, sizeof(ctx->session.sid));
        p = ngx_slprintf(p, last, ",\"session\":\"%*s\"", sizeof(hex), hex);
    }

    ticket = sid ? ctx->session.ticket : ctx->refused;

    if (sid || ngx_memcmp(ticket, nobody, sizeof(nobody)) != 0) {
        ngx_hex_dump(hex, ticket, sizeof(ctx->session.ticket));
        p = ngx_slprintf(p, last, ",\"ticket\":\"%*s\"", sizeof(hex), hex);
    }

    if (kid) {
        p = ngx_slprintf(p, last, ",\"key\":\"%s\"", kid);
    }

    p = ngx_slprintf(p, last, ",\"reason\":\"%s\"}\n", reason);

    /* a flood of refusals leaves room for who paid */

    room = ngx_strcmp(what, "denied") == 0 ? NGX_HTTP_USHER_AUDIT_BUFFER / 2
                                           : NGX_HTTP_USHER_AUDIT_BUFFER;

    ngx_http_usher_audit_write(umcf, line, p - line, room);
}


void
ngx_http_usher_audit_entry(ngx_http_request_t *r, const usher_entry_t *entry)
{
    int                    i;
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    for (i = 0; i < entry->evicted && i < USHER_EVICTED_TOLD; i++) {
        ngx_http_usher_audit_request(r, "evicted",
                                     "another session took the seat",
                                     entry->evicted_sids[i], NULL);
    }

    if (entry->seated) {
        ngx_http_usher_audit_request(r, "admitted", "took a seat",
                                     ctx->session.sid, NULL);
    }
}


/* when the request is over: only what was delivered counts */

void
ngx_http_usher_audit_key(ngx_http_request_t *r)
{
    char                   kid[USHER_KID_SIZE + 1];
    ngx_http_usher_ctx_t  *ctx;

    if (ngx_http_usher_audit_conf(r) == NULL
        || r->headers_out.status != NGX_HTTP_OK
        || r->method == NGX_HTTP_HEAD)
    {
        return;
    }

    ctx = ngx_http_usher_get_ctx(r);

    switch (usher_key_asked(ngx_http_usher_view(&ctx->path), kid)) {

    case USHER_ASKED_KEY:
        ngx_http_usher_audit_request(r, "key", "delivered", ctx->session.sid,
                                     kid);
        break;

    case USHER_ASKED_LICENCE:
        ngx_http_usher_audit_request(r, "licence", "delivered",
                                     ctx->session.sid, NULL);
        break;

    default: /* USHER_ASKED_NOTHING */
        break;
    }
}


/*
 * What who runs the box has changed. A list is followed by the master, too,
 * which has no buffer.
 */

void
ngx_http_usher_audit_change(void *data, usher_view_t members)
{
    ngx_http_usher_main_conf_t  *umcf = data;

    u_char  line[NGX_HTTP_USHER_AUDIT_LINE];
    u_char  *p, *last;

    if (umcf->audit == NULL) {
        return;
    }

    last = line + sizeof(line);

    p = ngx_http_usher_audit_begin(line, last);
    p = ngx_slprintf(p, last, "%*s}\n", members.size, members.data);

    if (ngx_http_usher_audit_buffer.data == NULL) {
        (void) ngx_write_fd(umcf->audit->fd, line, p - line);
        return;
    }

    ngx_http_usher_audit_write(umcf, line, p - line,
                               NGX_HTTP_USHER_AUDIT_BUFFER);
}


static u_char *
ngx_http_usher_audit_begin(u_char *p, u_char *last)
{
    ngx_tm_t     tm;
    ngx_time_t  *now;

    now = ngx_timeofday();
    ngx_gmtime(now->sec, &tm);

    return ngx_slprintf(p, last,
                        "{\"time\":\"%4d-%02d-%02dT%02d:%02d:%02d.%03MZ\",",
                        tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                        tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec,
                        now->msec);
}


static ngx_http_usher_main_conf_t *
ngx_http_usher_audit_conf(ngx_http_request_t *r)
{
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);

    return umcf->audit && ngx_http_usher_get_ctx(r) ? umcf : NULL;
}


static void
ngx_http_usher_audit_write(ngx_http_usher_main_conf_t *umcf, u_char *line,
    size_t len, size_t room)
{
    if (ngx_http_usher_audit_buffer.data == NULL
        || ngx_http_usher_audit_buffer.len + len > room)
    {
        if (umcf->has_zones) {
            usher_house_count(&umcf->house, ngx_worker,
                              USHER_COUNT_AUDIT_DROPPED);
        }

        return;
    }

    ngx_memcpy(ngx_http_usher_audit_buffer.data
               + ngx_http_usher_audit_buffer.len, line, len);
    ngx_http_usher_audit_buffer.len += len;

    if (!ngx_http_usher_audit_buffer.timer.timer_set) {
        ngx_add_timer(&ngx_http_usher_audit_buffer.timer,
                      NGX_HTTP_USHER_AUDIT_FLUSH);
    }
}


/* also called by nginx, before it reopens the file */

static void
ngx_http_usher_audit_flush(ngx_open_file_t *file, ngx_log_t *log)
{
    ssize_t  n;

    if (ngx_http_usher_audit_buffer.len == 0
        || file->fd == NGX_INVALID_FILE)
    {
        return;
    }

    n = write(file->fd, ngx_http_usher_audit_buffer.data,
              ngx_http_usher_audit_buffer.len);

    if (n <= 0) {

        /* once, not with every try */

        if (!ngx_http_usher_audit_buffer.failing) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "usher: writing \"%V\" failed", &file->name);
        }

        ngx_http_usher_audit_buffer.failing = 1;
        return;
    }

    ngx_http_usher_audit_buffer.failing = 0;
    ngx_http_usher_audit_buffer.len -= n;

    ngx_memmove(ngx_http_usher_audit_buffer.data,
                ngx_http_usher_audit_buffer.data + n,
                ngx_http_usher_audit_buffer.len);
}


static void
ngx_http_usher_audit_timer(ngx_event_t *ev)
{
    ngx_http_usher_audit_flush(ev->data, ev->log);

    if (ngx_http_usher_audit_buffer.len) {
        ngx_add_timer(ev, NGX_HTTP_USHER_AUDIT_FLUSH);
    }
}


ngx_int_t
ngx_http_usher_audit_init_process(ngx_cycle_t *cycle)
{
    ngx_event_t                 *timer;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_usher_module);

    if (umcf == NULL || umcf->audit == NULL) {
        return NGX_OK;
    }

    ngx_http_usher_audit_buffer.data = ngx_palloc(cycle->pool,
                                                  NGX_HTTP_USHER_AUDIT_BUFFER);
    if (ngx_http_usher_audit_buffer.data == NULL) {
        return NGX_ERROR;
    }

    ngx_http_usher_audit_buffer.len = 0;

    timer = &ngx_http_usher_audit_buffer.timer;
    ngx_memzero(timer, sizeof(ngx_event_t));
    timer->handler = ngx_http_usher_audit_timer;
    timer->data = umcf->audit;
    timer->log = cycle->log;
    timer->cancelable = 1;

    return NGX_OK;
}


void
ngx_http_usher_audit_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_usher_module);

    if (umcf && umcf->audit) {
        ngx_http_usher_audit_flush(umcf->audit, cycle->log);
    }
}
