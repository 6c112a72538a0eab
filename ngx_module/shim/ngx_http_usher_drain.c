
/*
 * GET /usher/ready: whether a load balancer may send viewers here, and
 * usher_drain: while a file exists it may not, and tickets open no session,
 * but who watches goes on watching.
 */

#include "ngx_http_usher_module.h"


#define NGX_HTTP_USHER_DRAIN_INTERVAL  1000
#define NGX_HTTP_USHER_DRAIN_CODE      "draining"
#define NGX_HTTP_USHER_DRAIN_SENTENCE                                         \
    "This server takes no new viewers now: try again in a moment, and "       \
    "another one will."


typedef struct {
    ngx_str_t                    file;
} ngx_http_usher_drain_main_conf_t;


static void ngx_http_usher_drain_look(ngx_log_t *log);
static void ngx_http_usher_drain_timer(ngx_event_t *ev);
static void *ngx_http_usher_drain_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_usher_drain(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_usher_drain_init_process(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_usher_drain_commands[] = {

    { ngx_string("usher_drain"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_usher_drain,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_usher_drain_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_usher_drain_create_main_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_usher_drain_module = {
    NGX_MODULE_V1,
    &ngx_http_usher_drain_module_ctx,      /* module context */
    ngx_http_usher_drain_commands,         /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_usher_drain_init_process,     /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* as it was when this worker looked last; a file system may be slow */

static ngx_str_t    ngx_http_usher_drain_file;
static ngx_uint_t   ngx_http_usher_drain_there;
static ngx_event_t  ngx_http_usher_drain_event;

static ngx_connection_t  ngx_http_usher_drain_connection;


ngx_uint_t
ngx_http_usher_is_ready_question(ngx_http_usher_ctx_t *ctx)
{
    return ctx->path.len == sizeof("/usher/ready") - 1
           && ngx_strncmp(ctx->path.data, "/usher/ready", ctx->path.len) == 0;
}


/* needs neither ticket nor signature, and tells nothing but this */

ngx_int_t
ngx_http_usher_ready(ngx_http_request_t *r)
{
    static const char  ready[] = "{\"ready\":true}\n";

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_usher_not_allowed(r, "GET, HEAD");
    }

    if (ngx_http_usher_drain_there || ngx_exiting) {
        return ngx_http_usher_refuse_new(r);
    }

    return ngx_http_usher_send(r, NGX_HTTP_OK, "application/json", ready,
                               sizeof(ready) - 1);
}


ngx_uint_t
ngx_http_usher_is_draining(void)
{
    return ngx_http_usher_drain_there;
}


ngx_int_t
ngx_http_usher_refuse_new(ngx_http_request_t *r)
{
    if (ngx_http_usher_push_header(r, "Retry-After", "5", 1) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                  NGX_HTTP_USHER_DRAIN_CODE,
                                  NGX_HTTP_USHER_DRAIN_SENTENCE);
}


static void
ngx_http_usher_drain_look(ngx_log_t *log)
{
    ngx_uint_t       there;
    ngx_file_info_t  info;

    there = ngx_file_info(ngx_http_usher_drain_file.data, &info)
            != NGX_FILE_ERROR;

    if (there != ngx_http_usher_drain_there && ngx_worker == 0) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "usher: %s",
                      there ? "draining, no new viewers"
                            : "takes new viewers");
    }

    ngx_http_usher_drain_there = there;
}


static void
ngx_http_usher_drain_timer(ngx_event_t *ev)
{
    if (ngx_exiting) {
        return;
    }

    ngx_http_usher_drain_look(ev->log);

    ngx_add_timer(ev, NGX_HTTP_USHER_DRAIN_INTERVAL);
}


static void *
ngx_http_usher_drain_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_usher_drain_main_conf_t));
}


static char *
ngx_http_usher_drain(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_drain_main_conf_t  *udcf = conf;

    ngx_str_t  *value;

    if (udcf->file.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    udcf->file = value[1];

    if (ngx_conf_full_name(cf->cycle, &udcf->file, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_usher_drain_init_process(ngx_cycle_t *cycle)
{
    ngx_http_usher_drain_main_conf_t  *udcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    udcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_usher_drain_module);

    if (udcf == NULL || udcf->file.len == 0) {
        return NGX_OK;
    }

    ngx_http_usher_drain_file = udcf->file;

    ngx_http_usher_drain_connection.fd = (ngx_socket_t) -1;

    ngx_http_usher_drain_event.handler = ngx_http_usher_drain_timer;
    ngx_http_usher_drain_event.data = &ngx_http_usher_drain_connection;
    ngx_http_usher_drain_event.log = cycle->log;

    /* or a worker that shuts down would wait for it for ever */
    ngx_http_usher_drain_event.cancelable = 1;

    ngx_http_usher_drain_look(cycle->log);

    ngx_add_timer(&ngx_http_usher_drain_event, NGX_HTTP_USHER_DRAIN_INTERVAL);

    return NGX_OK;
}
