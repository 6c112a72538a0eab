
/*
 * The zone all workers share: sessions and counters. The table itself is the
 * engine's; here is the memory, and the lock, which is the zone's own, because
 * that is the one the master frees when a worker dies holding it.
 */

#include "ngx_http_usher_module.h"


static ngx_int_t ngx_http_usher_init_zone(ngx_shm_zone_t *shm_zone, void *data);
static ngx_http_usher_zone_t *ngx_http_usher_get_zone(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_report(ngx_http_request_t *r,
    const char *type, int (*report)(const usher_table_t *table, int64_t now,
    uint32_t idle, usher_buffer_t *text));


#define NGX_HTTP_USHER_REPORT_LEN      16384


char *
ngx_http_usher_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_main_conf_t  *umcf = conf;

    size_t      minimum;
    ssize_t     size;
    ngx_str_t  *value;

    if (umcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    /* twice the table, because the slab pool takes its share */
    minimum = 2 * usher_table_minimum();

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\"; write it as \"16m\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) minimum) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "usher_zone \"%V\" is too small; it must be at "
                           "least %uzk", &value[1], minimum / 1024);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_usher_add_zone(cf, umcf, size) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_usher_add_zone(ngx_conf_t *cf, ngx_http_usher_main_conf_t *umcf,
    size_t size)
{
    ngx_str_t  name = ngx_string("usher_sessions");

    umcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_usher_module);
    if (umcf->zone == NULL) {
        return NGX_ERROR;
    }

    umcf->zone->init = ngx_http_usher_init_zone;
    umcf->zone->data = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_zone_t));

    return umcf->zone->data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_usher_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_usher_zone_t  *old = data;

    ngx_http_usher_zone_t  *zone;

    zone = shm_zone->data;

    if (old) {
        *zone = *old;

        if (usher_table_usable(&zone->table)) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "usher_zone was written by another version of the "
                      "module; restart nginx instead of reloading it");
        return NGX_ERROR;
    }

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    /* all pages that are left, in one piece: the zone is new */

    zone->table.size = zone->shpool->pfree * ngx_pagesize;
    zone->table.memory = ngx_slab_alloc(zone->shpool, zone->table.size);

    if (zone->table.memory == NULL) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "usher_zone has no %uz bytes in one piece",
                      zone->table.size);
        return NGX_ERROR;
    }

    zone->shpool->data = zone->table.memory;

    usher_table_format(&zone->table);

    return NGX_OK;
}


void
ngx_http_usher_touch(ngx_http_request_t *r, const usher_session_t *session)
{
    ngx_http_usher_zone_t  *zone;

    zone = ngx_http_usher_get_zone(r);

    if (zone) {
        ngx_shmtx_lock(&zone->shpool->mutex);
        usher_table_touch(&zone->table, session, ngx_time());
        ngx_shmtx_unlock(&zone->shpool->mutex);
    }
}


void
ngx_http_usher_remove(ngx_http_request_t *r, const usher_session_t *session)
{
    ngx_http_usher_zone_t  *zone;

    zone = ngx_http_usher_get_zone(r);

    if (zone) {
        ngx_shmtx_lock(&zone->shpool->mutex);
        usher_table_remove(&zone->table, session);
        ngx_shmtx_unlock(&zone->shpool->mutex);
    }
}


void
ngx_http_usher_count(ngx_http_request_t *r, ngx_uint_t counter)
{
    ngx_http_usher_zone_t  *zone;

    zone = ngx_http_usher_get_zone(r);

    if (zone) {
        usher_table_count(&zone->table, counter);
    }
}


static ngx_http_usher_zone_t *
ngx_http_usher_get_zone(ngx_http_request_t *r)
{
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);

    return umcf->zone ? umcf->zone->data : NULL;
}


ngx_int_t
ngx_http_usher_status_handler(ngx_http_request_t *r)
{
    return ngx_http_usher_report(r, "application/json", usher_status_json);
}


ngx_int_t
ngx_http_usher_metrics_handler(ngx_http_request_t *r)
{
    return ngx_http_usher_report(r, "text/plain; version=0.0.4",
                                 usher_metrics_text);
}


static ngx_int_t
ngx_http_usher_report(ngx_http_request_t *r, const char *type,
    int (*report)(const usher_table_t *table, int64_t now, uint32_t idle,
    usher_buffer_t *text))
{
    usher_buffer_t              text;
    ngx_http_usher_zone_t      *zone;
    ngx_http_usher_loc_conf_t  *ulcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    zone = ngx_http_usher_get_zone(r);

    if (zone == NULL) {
        return ngx_http_usher_problem(r, NGX_HTTP_NOT_FOUND, "zone_missing",
                                      "No location has \"usher on\", so there "
                                      "is nothing to count.");
    }

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    text.capacity = NGX_HTTP_USHER_REPORT_LEN;
    text.data = ngx_palloc(r->pool, text.capacity);

    if (text.data == NULL
        || report(&zone->table, ngx_time(), (uint32_t) ulcf->session_idle,
                  &text) != 0)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_send(r, NGX_HTTP_OK, type, text.data, text.size);
}
