
/*
 * What all workers share: sessions and counters, in as many zones as there are
 * shards. The tables are the engine's; here is the memory, and the locks, which
 * are the zones' own, because those the master frees when a worker dies holding
 * one.
 */

#include "ngx_http_usher_module.h"


typedef struct {
    ngx_slab_pool_t             *shpool;
    usher_table_t                table;
} ngx_http_usher_shard_t;


static ngx_int_t ngx_http_usher_init_zone(ngx_shm_zone_t *shm_zone, void *data);
static ngx_http_usher_shard_t *ngx_http_usher_shard(ngx_http_request_t *r,
    ngx_uint_t number);
static ngx_http_usher_shard_t *ngx_http_usher_lock(ngx_http_request_t *r,
    const usher_session_t *session);
static void ngx_http_usher_unlock(ngx_http_usher_shard_t *shard);
static ngx_int_t ngx_http_usher_report(ngx_http_request_t *r,
    const char *type, int (*report)(const usher_table_t *tables, int64_t now,
    uint32_t idle, usher_buffer_t *text));


#define NGX_HTTP_USHER_REPORT_LEN      16384


char *
ngx_http_usher_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_main_conf_t  *umcf = conf;

    size_t      minimum;
    ssize_t     size;
    ngx_str_t  *value;

    if (umcf->shards[0]) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    /* the slab pool takes its share, and nginx wants eight pages a zone */
    minimum = USHER_SHARDS * ngx_max(2 * usher_table_minimum(),
                                     8 * ngx_pagesize);

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

    if (ngx_http_usher_add_zones(cf, umcf, size) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_usher_add_zones(ngx_conf_t *cf, ngx_http_usher_main_conf_t *umcf,
    size_t size)
{
    ngx_str_t        name;
    ngx_uint_t       i;
    ngx_shm_zone_t  *zone;

    size = size / USHER_SHARDS / ngx_pagesize * ngx_pagesize;

    for (i = 0; i < USHER_SHARDS; i++) {

        name.len = sizeof("usher_sessions_0") - 1;
        name.data = ngx_pnalloc(cf->pool, name.len);
        if (name.data == NULL) {
            return NGX_ERROR;
        }

        ngx_sprintf(name.data, "usher_sessions_%ui", i);

        zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_usher_module);
        if (zone == NULL) {
            return NGX_ERROR;
        }

        zone->init = ngx_http_usher_init_zone;
        zone->data = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_shard_t));
        if (zone->data == NULL) {
            return NGX_ERROR;
        }

        umcf->shards[i] = zone;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_usher_shard_t  *old = data;

    ngx_http_usher_shard_t  *shard;

    shard = shm_zone->data;

    if (old) {
        *shard = *old;

        if (usher_table_usable(&shard->table)) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "usher_zone was written by another version of the "
                      "module; restart nginx instead of reloading it");
        return NGX_ERROR;
    }

    shard->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    /* all pages that are left, in one piece: the zone is new */

    shard->table.size = shard->shpool->pfree * ngx_pagesize;
    shard->table.memory = ngx_slab_alloc(shard->shpool, shard->table.size);

    if (shard->table.memory == NULL) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "usher_zone has no %uz bytes in one piece",
                      shard->table.size);
        return NGX_ERROR;
    }

    shard->shpool->data = shard->table.memory;

    usher_table_format(&shard->table);

    return NGX_OK;
}


/* takes a seat where the session has none; NGX_DECLINED where it must not */

ngx_int_t
ngx_http_usher_enter(ngx_http_request_t *r, const usher_session_t *session,
    usher_entrance_t entrance, const usher_session_t *handed_back,
    usher_entry_t *entry)
{
    ngx_http_usher_shard_t     *shard;
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    shard = ngx_http_usher_lock(r, session);
    usher_table_enter(&shard->table, session, entrance, &ulcf->seats,
                      ngx_time(), handed_back, entry);
    ngx_http_usher_unlock(shard);

    return entry->refused ? NGX_DECLINED : NGX_OK;
}


ngx_int_t
ngx_http_usher_may_open(ngx_http_request_t *r, const usher_session_t *session,
    usher_entry_t *entry)
{
    ngx_http_usher_shard_t  *shard;

    shard = ngx_http_usher_lock(r, session);
    usher_table_may_open(&shard->table, session, ngx_time(), entry);
    ngx_http_usher_unlock(shard);

    return entry->refused ? NGX_DECLINED : NGX_OK;
}


void
ngx_http_usher_leave(ngx_http_request_t *r, const usher_session_t *session)
{
    ngx_http_usher_shard_t  *shard;

    shard = ngx_http_usher_lock(r, session);
    usher_table_leave(&shard->table, session);
    ngx_http_usher_unlock(shard);
}


void
ngx_http_usher_count(ngx_http_request_t *r, ngx_uint_t counter)
{
    ngx_http_usher_shard_t  *shard;

    /* each worker has its own, and none waits for another's cache line */

    shard = ngx_http_usher_shard(r, ngx_worker % USHER_SHARDS);

    if (shard) {
        usher_table_count(&shard->table, counter);
    }
}


/* sessions there are only where "usher on" is, and then there are zones */

static ngx_http_usher_shard_t *
ngx_http_usher_lock(ngx_http_request_t *r, const usher_session_t *session)
{
    ngx_http_usher_shard_t  *shard;

    shard = ngx_http_usher_shard(r, usher_shard_of(session));

    ngx_shmtx_lock(&shard->shpool->mutex);

    return shard;
}


static void
ngx_http_usher_unlock(ngx_http_usher_shard_t *shard)
{
    ngx_shmtx_unlock(&shard->shpool->mutex);
}


static ngx_http_usher_shard_t *
ngx_http_usher_shard(ngx_http_request_t *r, ngx_uint_t number)
{
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);

    return umcf->shards[number] ? umcf->shards[number]->data : NULL;
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
    int (*report)(const usher_table_t *tables, int64_t now, uint32_t idle,
    usher_buffer_t *text))
{
    ngx_uint_t                  i;
    usher_table_t               tables[USHER_SHARDS];
    usher_buffer_t              text;
    ngx_http_usher_shard_t     *shard;
    ngx_http_usher_loc_conf_t  *ulcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    for (i = 0; i < USHER_SHARDS; i++) {

        shard = ngx_http_usher_shard(r, i);

        if (shard == NULL) {
            return ngx_http_usher_problem(r, NGX_HTTP_NOT_FOUND, "zone_missing",
                                          "No location has \"usher on\", so "
                                          "there is nothing to count.");
        }

        tables[i] = shard->table;
    }

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    text.capacity = NGX_HTTP_USHER_REPORT_LEN;
    text.data = ngx_palloc(r->pool, text.capacity);

    if (text.data == NULL
        || report(tables, ngx_time(), (uint32_t) ulcf->session_idle, &text)
           != 0)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_send(r, NGX_HTTP_OK, type, text.data, text.size);
}
