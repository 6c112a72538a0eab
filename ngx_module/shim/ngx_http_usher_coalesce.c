
/*
 * usher_coalesce: of the requests for one cache key, one leads to the upstream
 * and the others wait, in whatever worker they are, until the object is in the
 * cache. nginx's own proxy_cache_lock stays behind all this for whatever slips
 * through.
 *
 * Here: the directive, the variables, and the shared memory.
 */

#include "ngx_http_usher_coalesce.h"
#include "ngx_http_usher_peer.h"


#define NGX_HTTP_USHER_FILL_SHARD_SIZE  (32 * ngx_pagesize)


static ngx_int_t ngx_http_usher_coalesced_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_bypass_lock_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_usher_coalesce_add_variables(ngx_conf_t *cf);
static void *ngx_http_usher_coalesce_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_usher_coalesce_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_usher_coalesce_merge_loc_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_usher_coalesce(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_usher_coalesce_key(ngx_conf_t *cf,
    ngx_http_usher_coalesce_loc_conf_t *ucf, ngx_str_t *source);
static ngx_int_t ngx_http_usher_coalesce_add_shards(ngx_conf_t *cf);
static ngx_int_t ngx_http_usher_coalesce_init_shard(ngx_shm_zone_t *zone,
    void *data);
static ngx_int_t ngx_http_usher_coalesce_init(ngx_conf_t *cf);


static ngx_command_t  ngx_http_usher_coalesce_commands[] = {

    { ngx_string("usher_coalesce"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1234,
      ngx_http_usher_coalesce,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_usher_coalesce_module_ctx = {
    ngx_http_usher_coalesce_add_variables, /* preconfiguration */
    ngx_http_usher_coalesce_init,          /* postconfiguration */

    ngx_http_usher_coalesce_create_main_conf,
                                           /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_usher_coalesce_create_loc_conf,
                                           /* create location configuration */
    ngx_http_usher_coalesce_merge_loc_conf /* merge location configuration */
};


ngx_module_t  ngx_http_usher_coalesce_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_coalesce_module_ctx,   /* module context */
    ngx_http_usher_coalesce_commands,      /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_usher_coalesce_init_process,  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_variable_t  ngx_http_usher_coalesce_vars[] = {

    { ngx_string("usher_coalesced"), NULL,
      ngx_http_usher_coalesced_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("usher_bypass_lock"), NULL,
      ngx_http_usher_bypass_lock_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


static ngx_int_t
ngx_http_usher_coalesced_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ngx_http_usher_coalesce_ctx(r->main);

    if (ctx == NULL || ctx->role.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = ctx->role.len;
    v->data = ctx->role.data;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_bypass_lock_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_usher_coalesce_ctx_t  *ctx;

    ctx = ngx_http_usher_coalesce_ctx(r->main);

    v->len = (ctx && ctx->bypass) ? 1 : 0;
    v->data = (u_char *) "1";
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_coalesce_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_usher_coalesce_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static void *
ngx_http_usher_coalesce_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_coalesce_main_conf_t));
}


static void *
ngx_http_usher_coalesce_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_usher_coalesce_loc_conf_t  *ucf;

    ucf = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_coalesce_loc_conf_t));
    if (ucf == NULL) {
        return NULL;
    }

    ucf->enable = NGX_CONF_UNSET;

    return ucf;
}


static char *
ngx_http_usher_coalesce_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_usher_coalesce_loc_conf_t  *prev = parent;
    ngx_http_usher_coalesce_loc_conf_t  *conf = child;

    if (conf->enable == NGX_CONF_UNSET) {
        *conf = *prev;
    }

    if (conf->enable == NGX_CONF_UNSET) {
        conf->enable = 0;
    }

    return NGX_CONF_OK;
}


/* usher_coalesce on|off [key=VALUE] [wait=TIME] [waiters=N] */

static char *
ngx_http_usher_coalesce(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_coalesce_loc_conf_t  *ucf = conf;

    ngx_int_t   n;
    ngx_str_t  *value, key, time;
    ngx_uint_t  i;

    if (ucf->enable != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ucf->enable = 0;
        return cf->args->nelts == 2 ? NGX_CONF_OK
                                    : "takes no parameters when \"off\"";
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        return "must be \"on\" or \"off\"";
    }

    ucf->enable = 1;
    ucf->wait = 15000;
    ucf->waiters = 16384;
    ngx_str_set(&key, "$usher_cache_key");

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "key=", 4) == 0 && value[i].len > 4) {
            key.data = value[i].data + 4;
            key.len = value[i].len - 4;
            continue;
        }

        if (ngx_strncmp(value[i].data, "wait=", 5) == 0) {
            time.data = value[i].data + 5;
            time.len = value[i].len - 5;

            n = ngx_parse_time(&time, 0);
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            ucf->wait = (ngx_msec_t) n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "waiters=", 8) == 0) {
            n = ngx_atoi(value[i].data + 8, value[i].len - 8);
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            ucf->waiters = (ngx_uint_t) n;
            continue;
        }

        goto invalid;
    }

    if (ngx_http_usher_coalesce_key(cf, ucf, &key) != NGX_OK
        || ngx_http_usher_coalesce_add_shards(cf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_usher_peer_use(cf);

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       &value[i]);
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_usher_coalesce_key(ngx_conf_t *cf,
    ngx_http_usher_coalesce_loc_conf_t *ucf, ngx_str_t *source)
{
    ngx_http_compile_complex_value_t  ccv;

    ucf->key = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (ucf->key == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = source;
    ccv.complex_value = ucf->key;

    return ngx_http_compile_complex_value(&ccv);
}


static ngx_int_t
ngx_http_usher_coalesce_add_shards(ngx_conf_t *cf)
{
    ngx_str_t                             name;
    ngx_uint_t                            i;
    ngx_shm_zone_t                       *zone;
    ngx_http_usher_coalesce_main_conf_t  *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_usher_coalesce_module);

    if (umcf->shards[0]) {
        return NGX_OK;
    }

    for (i = 0; i < NGX_HTTP_USHER_FILL_SHARDS; i++) {

        name.data = ngx_pnalloc(cf->pool, sizeof("usher_fills_") + NGX_INT_T_LEN);
        if (name.data == NULL) {
            return NGX_ERROR;
        }

        name.len = ngx_sprintf(name.data, "usher_fills_%ui", i) - name.data;

        zone = ngx_shared_memory_add(cf, &name, NGX_HTTP_USHER_FILL_SHARD_SIZE,
                                     &ngx_http_usher_coalesce_module);
        if (zone == NULL) {
            return NGX_ERROR;
        }

        zone->init = ngx_http_usher_coalesce_init_shard;
        zone->data = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_fill_shard_t));
        if (zone->data == NULL) {
            return NGX_ERROR;
        }

        umcf->shards[i] = zone;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_coalesce_init_shard(ngx_shm_zone_t *zone, void *data)
{
    size_t                        size;
    ngx_slab_pool_t              *shpool;
    ngx_http_usher_fill_shard_t  *shard;

    shard = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    shard->shpool = shpool;

    if (data || zone->shm.exists) {
        shard->table = shpool->data;

        if (!usher_fill_usable(shard->table)) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "zone \"%V\" was made by another version of the "
                          "module: restart nginx instead of reloading it",
                          &zone->shm.name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    shpool->log_nomem = 0;

    /* all that nginx's own bookkeeping leaves */

    for (size = zone->shm.size; size > usher_fill_minimum();
         size -= ngx_pagesize)
    {
        shard->table = ngx_slab_alloc(shpool, size);

        if (shard->table) {
            usher_fill_format(shard->table, size);
            shpool->data = shard->table;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_usher_coalesce_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt                  *h;
    ngx_http_core_main_conf_t            *cmcf;
    ngx_http_usher_coalesce_main_conf_t  *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_usher_coalesce_module);

    if (umcf->shards[0] == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_usher_coalesce_handler;

    ngx_http_usher_coalesce_init_filters();

    return NGX_OK;
}
