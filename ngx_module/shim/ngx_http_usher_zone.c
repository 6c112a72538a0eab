
/*
 * What all workers share: sessions and counters, in as many zones as there are
 * shards. The tables are the engine's; here is the memory, and the locks, which
 * are the zones' own, because those the master frees when a worker dies holding
 * one.
 */

#include "ngx_http_usher_traffic.h"
#include "ngx_http_usher_parking.h"


typedef struct {
    ngx_http_usher_main_conf_t  *umcf;
    ngx_uint_t                   number;
} ngx_http_usher_shard_t;


static ngx_int_t ngx_http_usher_init_zone(ngx_shm_zone_t *shm_zone, void *data);
static void ngx_http_usher_close_house(void *data);
static void ngx_http_usher_lock(void *mutex);
static void ngx_http_usher_unlock(void *mutex);
static void ngx_http_usher_visit(ngx_http_request_t *r, usher_visit_t *visit);
static void ngx_http_usher_log_shared(ngx_http_request_t *r,
    const usher_session_t *session);
static ngx_http_usher_main_conf_t *ngx_http_usher_main_conf(
    ngx_http_request_t *r);


char *
ngx_http_usher_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_main_conf_t  *umcf = conf;

    size_t      minimum;
    ssize_t     size;
    ngx_str_t  *value;

    if (umcf->has_zones) {
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
    ngx_str_t                name;
    ngx_uint_t               i;
    ngx_shm_zone_t          *zone;
    ngx_pool_cleanup_t      *cln;
    ngx_http_usher_shard_t  *shard;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_usher_close_house;
    cln->data = &umcf->house;

    size = size / USHER_SHARDS / ngx_pagesize * ngx_pagesize;

    umcf->house.lock = ngx_http_usher_lock;
    umcf->house.unlock = ngx_http_usher_unlock;

    for (i = 0; i < USHER_SHARDS; i++) {

        name.len = sizeof("usher_sessions_0") - 1;
        name.data = ngx_pnalloc(cf->pool, name.len);
        shard = ngx_palloc(cf->pool, sizeof(ngx_http_usher_shard_t));

        if (name.data == NULL || shard == NULL) {
            return NGX_ERROR;
        }

        ngx_sprintf(name.data, "usher_sessions_%ui", i);

        zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_usher_module);
        if (zone == NULL) {
            return NGX_ERROR;
        }

        shard->umcf = umcf;
        shard->number = i;

        zone->init = ngx_http_usher_init_zone;
        zone->data = shard;
    }

    umcf->has_zones = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_usher_shard_t  *old = data;

    ngx_uint_t               i;
    usher_house_t           *house;
    usher_table_t           *table;
    ngx_slab_pool_t         *shpool;
    ngx_http_usher_shard_t  *shard;

    shard = shm_zone->data;
    i = shard->number;
    house = &shard->umcf->house;
    table = &house->tables[i];
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    house->mutexes[i] = &shpool->mutex;

    if (old) {
        *table = old->umcf->house.tables[i];

        if (!usher_table_usable(table)) {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "usher_zone was written by another version of the "
                          "module; restart nginx instead of reloading it");
            return NGX_ERROR;
        }

    } else {

        /* all pages that are left, in one piece: the zone is new */

        table->size = shpool->pfree * ngx_pagesize;
        table->memory = ngx_slab_alloc(shpool, table->size);

        if (table->memory == NULL) {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "usher_zone has no %uz bytes in one piece",
                          table->size);
            return NGX_ERROR;
        }

        shpool->data = table->memory;

        usher_table_format(table);
    }

    if (i + 1 < USHER_SHARDS) {
        return NGX_OK;
    }

    if (usher_house_open(house) != 0) {
        return NGX_ERROR;
    }

    if (ngx_http_usher_open_state(shard->umcf, shm_zone->shm.log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_usher_follow(shard->umcf, shm_zone->shm.log);

    return NGX_OK;
}


static void
ngx_http_usher_close_house(void *data)
{
    usher_house_close(data);
}


/* takes a seat where the session has none; NGX_DECLINED where it must not */

ngx_int_t
ngx_http_usher_enter(ngx_http_request_t *r, const usher_session_t *session,
    usher_entrance_t entrance, const usher_session_t *handed_back,
    usher_entry_t *entry)
{
    char                         line[NGX_HTTP_USHER_ERROR_LEN];
    usher_visit_t                visit;
    usher_buffer_t               error = { line, sizeof(line), 0 };
    ngx_http_usher_loc_conf_t   *ulcf;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_usher_main_conf(r);
    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    ngx_http_usher_visit(r, &visit);

    usher_house_enter(&umcf->house, umcf->state, session, entrance,
                      &ulcf->seats, ngx_time(), handed_back, &visit, entry,
                      &error);

    if (entry->shared) {
        ngx_http_usher_log_shared(r, session);
    }

    ngx_http_usher_audit_entry(r, entry);

    if (entry->evicted) {
        ngx_http_usher_ring(r->connection->log);
    }

    if (error.size) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "usher: an eviction was not written down: %*s",
                      error.size, error.data);
    }

    return entry->refused ? NGX_DECLINED : NGX_OK;
}


/* NGX_DECLINED, and why, where one that was admitted is not any more */

ngx_int_t
ngx_http_usher_look_again(ngx_http_request_t *r, usher_entry_t *entry)
{
    char                         line[NGX_HTTP_USHER_ERROR_LEN];
    usher_buffer_t               error = { line, sizeof(line), 0 };
    ngx_http_usher_ctx_t        *ctx;
    ngx_http_usher_loc_conf_t   *ulcf;
    ngx_http_usher_main_conf_t  *umcf;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || ctx->verdict != NGX_HTTP_USHER_ADMITTED) {
        return NGX_OK;
    }

    umcf = ngx_http_usher_main_conf(r);
    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    if (!usher_has_its_key(&ulcf->policy, &ctx->session, entry)) {
        return NGX_DECLINED;
    }

    usher_house_enter(&umcf->house, umcf->state, &ctx->session,
                      USHER_ENTRANCE_PEEK, &ulcf->seats, ngx_time(), NULL, NULL,
                      entry, &error);

    return entry->refused ? NGX_DECLINED : NGX_OK;
}


/* the same, for one whose answer took its time: the bell rang meanwhile */

ngx_int_t
ngx_http_usher_still_admitted(ngx_http_request_t *r, usher_entry_t *entry)
{
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || ctx->bells == ngx_http_usher_bells()) {
        return NGX_OK;
    }

    ctx->bells = ngx_http_usher_bells();

    return ngx_http_usher_look_again(r, entry);
}


/*
 * As the client asked: what it is shown does not depend on where the request
 * was led to since.
 */

static void
ngx_http_usher_visit(ngx_http_request_t *r, usher_visit_t *visit)
{
    ngx_memzero(visit, sizeof(usher_visit_t));

    visit->address = ngx_http_usher_address(r);
    visit->agent = ngx_http_usher_agent(r);

    if (r->headers_in.range) {
        visit->range = ngx_http_usher_view(&r->headers_in.range->value);
    }

    visit->path = ngx_http_usher_view(&ngx_http_usher_get_ctx(r)->path);
}


static void
ngx_http_usher_log_shared(ngx_http_request_t *r, const usher_session_t *session)
{
    u_char  sid[2 * sizeof(session->sid)];

    ngx_hex_dump(sid, (u_char *) session->sid, sizeof(session->sid));

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "usher: session %*s is used by another client at once",
                  sizeof(sid), sid);
}


/* a segment that was not delivered will be asked for again, and rightly */

void
ngx_http_usher_forget_visit(ngx_http_request_t *r)
{
    off_t                  sent;
    usher_visit_t          visit;
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);
    sent = r->connection->sent - (off_t) r->header_size;

    if (!r->connection->error && !r->connection->timedout
        && r->headers_out.status >= NGX_HTTP_OK
        && r->headers_out.status < NGX_HTTP_BAD_REQUEST
        && sent >= r->headers_out.content_length_n)
    {
        return;
    }

    ngx_http_usher_visit(r, &visit);

    usher_house_forget(&ngx_http_usher_main_conf(r)->house, &ctx->session,
                       &visit);
}


ngx_int_t
ngx_http_usher_may_open(ngx_http_request_t *r, const usher_session_t *session,
    usher_entry_t *entry)
{
    usher_house_may_open(&ngx_http_usher_main_conf(r)->house, session,
                         ngx_time(), entry);

    return entry->refused ? NGX_DECLINED : NGX_OK;
}


void
ngx_http_usher_leave(ngx_http_request_t *r, const usher_session_t *session)
{
    usher_house_leave(&ngx_http_usher_main_conf(r)->house, session);
}


void
ngx_http_usher_count(ngx_http_request_t *r, ngx_uint_t counter)
{
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_usher_main_conf(r);

    /* each worker has its own, and none waits for another's cache line */

    if (umcf->has_zones) {
        usher_house_count(&umcf->house, ngx_worker, counter);
    }
}


static void
ngx_http_usher_lock(void *mutex)
{
    ngx_shmtx_lock(mutex);
}


static void
ngx_http_usher_unlock(void *mutex)
{
    ngx_shmtx_unlock(mutex);
}


static ngx_http_usher_main_conf_t *
ngx_http_usher_main_conf(ngx_http_request_t *r)
{
    return ngx_http_get_module_main_conf(r, ngx_http_usher_module);
}
