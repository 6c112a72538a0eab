
/*
 * The table of directives, how they are merged, and where the module takes part
 * in a request. What the directives mean is in docs/nginx.md.
 */

#include "ngx_http_usher_module.h"
#include "ngx_http_usher_parking.h"


#define NGX_HTTP_USHER_DEFAULT_ZONE    (8 * 1024 * 1024)
#define NGX_HTTP_USHER_LIFETIME        (6 * 60 * 60)
#define NGX_HTTP_USHER_EVICTIONS       8

/* a minute; some 60 ms of a core, whatever the algorithm */
#define NGX_HTTP_USHER_FAILURES        600


static void *ngx_http_usher_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_usher_create_srv_conf(ngx_conf_t *cf);
static char *ngx_http_usher_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void *ngx_http_usher_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_usher_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_usher_check_admission(ngx_conf_t *cf,
    ngx_http_usher_loc_conf_t *conf);
static void ngx_http_usher_init_policy(ngx_conf_t *cf,
    ngx_http_usher_loc_conf_t *conf);
static char *ngx_http_usher_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_usher_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_usher_init_process(ngx_cycle_t *cycle);
static void ngx_http_usher_lock_secrets(ngx_cycle_t *cycle);
static void ngx_http_usher_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_usher_shared[] = {
    { ngx_string("count"), USHER_SHARED_COUNT },
    { ngx_string("log"), USHER_SHARED_LOG },
    { ngx_string("refuse"), USHER_SHARED_REFUSE },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_usher_bind[] = {
    { ngx_string("none"), USHER_BIND_NONE },
    { ngx_string("ip_prefix"), USHER_BIND_IP_PREFIX },
    { ngx_string("user_agent"), USHER_BIND_USER_AGENT },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_usher_commands[] = {

    { ngx_string("usher_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_session_secrets"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_usher_main_conf_t, secrets),
      (void *) USHER_SESSION_SECRETS },

    { ngx_string("usher_ticket_keys"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_file,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_usher_srv_conf_t, ticket_keys),
      (void *) USHER_TICKET_KEYS },

    { ngx_string("usher"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, enable),
      NULL },

    { ngx_string("usher_ticket_from"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_usher_ticket_from,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_issuer"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, issuer),
      NULL },

    { ngx_string("usher_audience"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, audience),
      NULL },

    { ngx_string("usher_country"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_usher_country,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, country),
      NULL },

    { ngx_string("usher_viewer_scheme"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, viewer_scheme),
      NULL },

    { ngx_string("usher_viewer_host"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, viewer_host),
      NULL },

    { ngx_string("usher_leeway"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, leeway),
      NULL },

    { ngx_string("usher_seats_policy"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_usher_seats_policy,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_shared_session"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, shared),
      ngx_http_usher_shared },

    { ngx_string("usher_bind"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, bind),
      ngx_http_usher_bind },

    { ngx_string("usher_session_idle"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, session_idle),
      NULL },

    { ngx_string("usher_session_lifetime"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, session_lifetime),
      NULL },

    { ngx_string("usher_ticket_failures"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_ticket_failures,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_event"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_usher_event,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_origins"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_usher_origins,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_cache_namespace"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, cache_namespace),
      NULL },

    { ngx_string("usher_content_keys"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_content_keys,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_master_key"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_usher_loc_conf_t, master_key),
      (void *) USHER_MASTER_KEY },

    { ngx_string("usher_state"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_state,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_audit"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_audit,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_revocations"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_usher_revocations,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_control"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_control,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("usher_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_usher_status,
      0,
      0,
      ngx_http_usher_status_handler },

    { ngx_string("usher_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_usher_status,
      0,
      0,
      ngx_http_usher_metrics_handler },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_usher_module_ctx = {
    ngx_http_usher_add_variables,          /* preconfiguration */
    ngx_http_usher_init,                   /* postconfiguration */

    ngx_http_usher_create_main_conf,       /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_http_usher_create_srv_conf,        /* create server configuration */
    ngx_http_usher_merge_srv_conf,         /* merge server configuration */

    ngx_http_usher_create_loc_conf,        /* create location configuration */
    ngx_http_usher_merge_loc_conf          /* merge location configuration */
};


ngx_module_t  ngx_http_usher_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_module_ctx,            /* module context */
    ngx_http_usher_commands,               /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_usher_parking_init_module,    /* init module */
    ngx_http_usher_init_process,           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_usher_exit_process,           /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static usher_source_t  ngx_http_usher_default_sources[] = {
    { USHER_SOURCE_QUERY, { "ticket", sizeof("ticket") - 1 } },
    { USHER_SOURCE_QUERY,
      { "URISigningPackage", sizeof("URISigningPackage") - 1 } },
    { USHER_SOURCE_QUERY, { "CAT", sizeof("CAT") - 1 } },
    { USHER_SOURCE_HEADER,
      { "cta-common-access-token", sizeof("cta-common-access-token") - 1 } },
    { USHER_SOURCE_BEARER, { NULL, 0 } }
};


static void *
ngx_http_usher_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_main_conf_t));
    if (umcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&umcf->files, cf->pool, 4,
                       sizeof(ngx_http_usher_file_t))
        != NGX_OK)
    {
        return NULL;
    }

    return umcf;
}


static void *
ngx_http_usher_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_srv_conf_t));
}


static char *
ngx_http_usher_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_usher_srv_conf_t  *prev = parent;
    ngx_http_usher_srv_conf_t  *conf = child;

    if (conf->ticket_keys == NULL) {
        conf->ticket_keys = prev->ticket_keys;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_usher_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_usher_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->enable = NGX_CONF_UNSET;
    conf->sources = NGX_CONF_UNSET_PTR;
    conf->origins = NGX_CONF_UNSET_PTR;
    conf->binds_to_country = NGX_CONF_UNSET;
    conf->leeway = NGX_CONF_UNSET;
    conf->evict_oldest = NGX_CONF_UNSET_UINT;
    conf->evictions = NGX_CONF_UNSET_UINT;
    conf->shared = NGX_CONF_UNSET_UINT;
    conf->bind = NGX_CONF_UNSET_UINT;
    conf->failures = NGX_CONF_UNSET_UINT;
    conf->session_idle = NGX_CONF_UNSET;
    conf->session_lifetime = NGX_CONF_UNSET;

    return conf;
}


static char *
ngx_http_usher_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_usher_loc_conf_t  *prev = parent;
    ngx_http_usher_loc_conf_t  *conf = child;

    ngx_http_usher_srv_conf_t  *uscf;

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_ptr_value(conf->sources, prev->sources, NULL);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);
    ngx_conf_merge_str_value(conf->issuer, prev->issuer, "");
    ngx_conf_merge_str_value(conf->audience, prev->audience, "");
    ngx_conf_merge_value(conf->binds_to_country, prev->binds_to_country, 1);
    ngx_conf_merge_sec_value(conf->leeway, prev->leeway, 30);
    ngx_conf_merge_uint_value(conf->evict_oldest, prev->evict_oldest, 1);
    ngx_conf_merge_uint_value(conf->evictions, prev->evictions,
                              NGX_HTTP_USHER_EVICTIONS);
    ngx_conf_merge_uint_value(conf->failures, prev->failures,
                              NGX_HTTP_USHER_FAILURES);
    ngx_conf_merge_uint_value(conf->bind, prev->bind, USHER_BIND_NONE);
    ngx_conf_merge_uint_value(conf->shared, prev->shared, USHER_SHARED_COUNT);
    ngx_conf_merge_sec_value(conf->session_idle, prev->session_idle, 60);
    ngx_conf_merge_sec_value(conf->session_lifetime, prev->session_lifetime,
                             NGX_HTTP_USHER_LIFETIME);
    ngx_conf_merge_str_value(conf->cache_namespace, prev->cache_namespace, "");

    if (conf->country == NULL) {
        conf->country = prev->country;
    }

    if (conf->viewer_scheme == NULL) {
        conf->viewer_scheme = prev->viewer_scheme;
    }

    if (conf->viewer_host == NULL) {
        conf->viewer_host = prev->viewer_host;
    }

    ngx_http_usher_init_policy(cf, conf);

    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_usher_module);

    if (conf->content_keys.len) {
        if (conf->master_key == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"usher_content_keys %V\" cannot open any key; "
                               "add \"usher_master_key FILE\" beside it",
                               &conf->content_keys);
            return NGX_CONF_ERROR;
        }

        uscf->active = 1;
        uscf->gives_keys = 1;
    }

    if (!conf->enable) {
        return NGX_CONF_OK;
    }

    uscf->active = 1;

    return ngx_http_usher_check_admission(cf, conf);
}


static char *
ngx_http_usher_check_admission(ngx_conf_t *cf, ngx_http_usher_loc_conf_t *conf)
{
    ngx_http_usher_srv_conf_t   *uscf;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_module);
    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_usher_module);

    if (uscf->ticket_keys == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"usher on\" cannot verify any ticket; "
                           "add \"usher_ticket_keys FILE\" to the server");
        return NGX_CONF_ERROR;
    }

    if (umcf->secrets == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"usher on\" cannot sign any session; "
                           "add \"usher_session_secrets FILE\" to http");
        return NGX_CONF_ERROR;
    }

    umcf->admits = 1;

    return NGX_CONF_OK;
}


static void
ngx_http_usher_init_policy(ngx_conf_t *cf, ngx_http_usher_loc_conf_t *conf)
{
    ngx_http_usher_srv_conf_t   *uscf;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_module);
    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_usher_module);

    if (conf->sources == NULL) {
        conf->policy.sources = ngx_http_usher_default_sources;
        conf->policy.source_count = sizeof(ngx_http_usher_default_sources)
                                    / sizeof(usher_source_t);
    } else {
        conf->policy.sources = conf->sources->elts;
        conf->policy.source_count = conf->sources->nelts;
    }

    conf->policy.issuer = ngx_http_usher_view(&conf->issuer);
    conf->policy.audience = ngx_http_usher_view(&conf->audience);
    conf->policy.leeway = conf->leeway;
    conf->policy.lifetime = (uint32_t) conf->session_lifetime;
    conf->policy.binds_to_country = (int) conf->binds_to_country;
    conf->policy.bind = (usher_bind_t) conf->bind;
    conf->policy.events = umcf->events;
    conf->policy.house = &umcf->house;
    conf->policy.failures = (uint32_t) conf->failures;
    conf->policy.ticket_keys = uscf->ticket_keys;
    conf->policy.secrets = umcf->secrets;

    conf->seats.evict_oldest = (int) conf->evict_oldest;
    conf->seats.idle = (uint32_t) conf->session_idle;
    conf->seats.evictions = (uint32_t) conf->evictions;
    conf->seats.shared = (usher_shared_t) conf->shared;
}


static char *
ngx_http_usher_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = (ngx_http_handler_pt) cmd->post;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_usher_init(ngx_conf_t *cf)
{
    ngx_uint_t                   i;
    ngx_http_handler_pt         *h;
    ngx_http_core_main_conf_t   *cmcf;
    ngx_http_usher_main_conf_t  *umcf;

    static struct {
        ngx_uint_t           phase;
        ngx_http_handler_pt  handler;
    } handlers[] = {
        { NGX_HTTP_POST_READ_PHASE, ngx_http_usher_post_read_handler },
        { NGX_HTTP_PREACCESS_PHASE, ngx_http_usher_preaccess_handler },
        { NGX_HTTP_LOG_PHASE, ngx_http_usher_log_handler },
    };

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_module);

    if (umcf->admits && !umcf->has_zones
        && ngx_http_usher_add_zones(cf, umcf, NGX_HTTP_USHER_DEFAULT_ZONE)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (umcf->controls && (!umcf->has_zones || umcf->state == NULL)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"usher_control\" has %s; add \"%s\"",
                           umcf->state ? "no sessions to control"
                                       : "nowhere to remember what it is told",
                           umcf->state ? "usher on" : "usher_state FILE");
        return NGX_ERROR;
    }

    if (umcf->revocations && (!umcf->has_zones || umcf->state == NULL)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"usher_revocations\" cannot tell an old list from "
                           "a new one; add \"usher_state FILE\", and "
                           "\"usher on\" somewhere");
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        h = ngx_array_push(&cmcf->phases[handlers[i].phase].handlers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = handlers[i].handler;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_init_process(ngx_cycle_t *cycle)
{
    ngx_http_usher_lock_secrets(cycle);

    if (ngx_http_usher_watch_files(cycle) != NGX_OK
        || ngx_http_usher_audit_init_process(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_usher_parking_init_process(cycle);
}


/* one worker says it for all */

static void
ngx_http_usher_lock_secrets(ngx_cycle_t *cycle)
{
    char            line[NGX_HTTP_USHER_ERROR_LEN];
    usher_buffer_t  error = { line, sizeof(line), 0 };

    if (usher_secrets_lock(&error) == 0 || ngx_worker != 0) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cycle->log, 0, "usher: %*s",
                  error.size, error.data);
}


static void
ngx_http_usher_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_usher_audit_exit_process(cycle);
    ngx_http_usher_parking_exit_process(cycle);
}
