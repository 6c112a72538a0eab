
/*
 * GET /usher/time: what time it is, for an MPD's UTCTiming element. The body
 * is an xs:dateTime (ISO/IEC 23009-1 5.8.4.11, http-xsdate:2014), which is ISO
 * 8601 (http-iso:2014), too. Each box answers by its own clock: an answer from
 * behind it would be late by the way.
 */

#include "ngx_http_usher_module.h"


#define NGX_HTTP_USHER_TIME_LEN  (sizeof("1970-01-01T00:00:00.000Z\n") - 1)


ngx_uint_t
ngx_http_usher_is_time_question(ngx_http_usher_ctx_t *ctx)
{
    return ctx->path.len == sizeof("/usher/time") - 1
           && ngx_strncmp(ctx->path.data, "/usher/time", ctx->path.len) == 0;
}


/* needs neither ticket nor signature: it is no secret what time it is */

ngx_int_t
ngx_http_usher_tell_time(ngx_http_request_t *r)
{
    u_char          *text, *last;
    ngx_tm_t         tm;
    struct timeval   now;

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_usher_preflight(r, "GET, HEAD, OPTIONS");
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_usher_not_allowed(r, "GET, HEAD, OPTIONS");
    }

    text = ngx_pnalloc(r->pool, NGX_HTTP_USHER_TIME_LEN);
    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* nginx's own time is as old as this turn of its event loop */

    ngx_gettimeofday(&now);
    ngx_gmtime(now.tv_sec, &tm);

    last = ngx_sprintf(text, "%4d-%02d-%02dT%02d:%02d:%02d.%03dZ\n",
                       tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                       tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec,
                       (int) (now.tv_usec / 1000));

    return ngx_http_usher_send(r, NGX_HTTP_OK, "text/plain", (char *) text,
                               last - text);
}
