
/*
 * usher_status and usher_metrics: what this box counted, for people and for
 * Prometheus. The words are the engine's.
 */

#include "ngx_http_usher_traffic.h"


#define NGX_HTTP_USHER_REPORT_LEN      262144


typedef int (*ngx_http_usher_report_pt)(const usher_house_t *house,
    const usher_traffic_t *traffic, const usher_box_t *box,
    usher_buffer_t *text);


static ngx_int_t ngx_http_usher_report(ngx_http_request_t *r,
    const char *type, ngx_http_usher_report_pt report);


ngx_int_t
ngx_http_usher_status_handler(ngx_http_request_t *r)
{
    return ngx_http_usher_report(r, "application/json", usher_status_json);
}


ngx_int_t
ngx_http_usher_metrics_handler(ngx_http_request_t *r)
{
    if (usher_accepts_openmetrics(ngx_http_usher_header(r, "accept"))) {
        return ngx_http_usher_report(r, "application/openmetrics-text; "
                                     "version=1.0.0; charset=utf-8",
                                     usher_openmetrics_text);
    }

    return ngx_http_usher_report(r, "text/plain; version=0.0.4",
                                 usher_metrics_text);
}


static ngx_int_t
ngx_http_usher_report(ngx_http_request_t *r, const char *type,
    ngx_http_usher_report_pt report)
{
    usher_box_t                  box;
    usher_buffer_t               text;
    ngx_http_usher_loc_conf_t   *ulcf;
    ngx_http_usher_main_conf_t  *umcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);
    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    box.now = ngx_time();
    box.idle = (uint32_t) ulcf->session_idle;
    box.draining = (int) ngx_http_usher_is_draining();

    text.capacity = NGX_HTTP_USHER_REPORT_LEN;
    text.data = ngx_palloc(r->pool, text.capacity);

    if (text.data == NULL
        || report(&umcf->house, ngx_http_usher_traffic(r), &box, &text) != 0)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_send(r, NGX_HTTP_OK, type, text.data, text.size);
}
