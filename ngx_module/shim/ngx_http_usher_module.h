
/*
 * What the files of the shim share: configuration, the context of a request,
 * and who does what.
 */

#ifndef _NGX_HTTP_USHER_MODULE_H_INCLUDED_
#define _NGX_HTTP_USHER_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../bridge.h"


#define NGX_HTTP_USHER_ERROR_LEN       1024
#define NGX_HTTP_USHER_MAX_BODY        8192


typedef struct {
    usher_file_t                *file;
    usher_file_kind_t            kind;
    ngx_str_t                    path;
} ngx_http_usher_file_t;


typedef struct {
    ngx_array_t                  files;         /* ngx_http_usher_file_t */
    usher_file_t                *secrets;
    usher_house_t                house;         /* where there are zones */
    usher_state_t               *state;
    usher_reader_t               owner;         /* of the state file */
    usher_file_t                *revocations;
    usher_events_t              *events;        /* usher_event */
    ngx_open_file_t             *audit;
    unsigned                     has_zones:1;
    unsigned                     controls:1;    /* "usher_control" somewhere */
    unsigned                     admits:1;      /* "usher on" somewhere */
} ngx_http_usher_main_conf_t;


typedef struct {
    usher_file_t                *ticket_keys;

    /*
     * "usher on" or "usher_content_keys" in any location: only here are
     * requests made canonical, logs redacted and CORS headers set
     */
    unsigned                     active:1;
    unsigned                     gives_keys:1;  /* usher_content_keys */
} ngx_http_usher_srv_conf_t;


typedef struct {
    ngx_flag_t                   enable;
    ngx_array_t                 *sources;       /* usher_source_t */
    ngx_array_t                 *origins;       /* usher_view_t */
    ngx_str_t                    issuer;
    ngx_str_t                    audience;
    ngx_http_complex_value_t    *country;
    ngx_flag_t                   binds_to_country;
    ngx_uint_t                   bind;          /* usher_bind_t */
    ngx_uint_t                   failures;      /* usher_ticket_failures */
    ngx_http_complex_value_t    *viewer_scheme;
    ngx_http_complex_value_t    *viewer_host;
    time_t                       leeway;
    ngx_uint_t                   evict_oldest;  /* usher_seats_policy */
    ngx_uint_t                   evictions;
    ngx_uint_t                   shared;        /* usher_shared_t */
    time_t                       session_idle;
    time_t                       session_lifetime;
    ngx_str_t                    cache_namespace;
    ngx_str_t                    content_keys;
    usher_file_t                *master_key;
    usher_file_t                *control_secret;

    usher_policy_t               policy;        /* made of the above */
    usher_seats_t                seats;
} ngx_http_usher_loc_conf_t;


typedef enum {
    NGX_HTTP_USHER_UNDECIDED,
    NGX_HTTP_USHER_ADMITTED,
    NGX_HTTP_USHER_DENIED
} ngx_http_usher_verdict_e;


/* lives in the main request's pool, found again by its cleanup handler */

typedef struct {
    ngx_str_t                    path;          /* canonical, as asked for */
    ngx_str_t                    credential;    /* of the path */
    ngx_str_t                    args;          /* canonical */
    ngx_str_t                    query;         /* as the client sent it */
    ngx_str_t                    ticket;        /* POST /usher/session */
    ngx_str_t                    event;         /* of that ticket */

    ngx_http_usher_verdict_e     verdict;
    ngx_int_t                    denial;
    const char                  *reason;        /* of a denial; static */
    const void                  *blanked;       /* headers, by its sources */
    uint32_t                     retry_after;   /* of a denial; 0: none */
    u_char                       refused[8];    /* ticket; zeros: not known */
    ngx_uint_t                   bells;         /* when it was admitted */
    usher_session_t              session;
    usher_session_t              handed_back;   /* POST of a page reloaded */
    uint8_t                      body_digest[32]; /* of a box's key POST */

    unsigned                     read:1;        /* its first phase was run */
    unsigned                     endpoint:1;    /* is /usher/session */
    unsigned                     opening:1;     /* its POST, redirected */
    unsigned                     hands_back:1;
    unsigned                     answered:1;    /* the module's own answer */
    unsigned                     no_store:1;    /* an error, or a secret */
    unsigned                     signed_body:1; /* body_digest is there */
    unsigned                     logging:1;     /* secrets read as "-" now */
    unsigned                     visited:1;     /* used its session */
} ngx_http_usher_ctx_t;


/* ngx_http_usher_module.c */

extern ngx_module_t  ngx_http_usher_module;

/* ngx_http_usher_filter.c */

extern ngx_module_t  ngx_http_usher_filter_module;

/* ngx_http_usher_files.c */

char *ngx_http_usher_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_usher_content_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_usher_watch_files(ngx_cycle_t *cycle);

char *ngx_http_usher_revocations(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_usher_follow(ngx_http_usher_main_conf_t *umcf,
    ngx_log_t *log);
usher_file_t *ngx_http_usher_open_file(ngx_conf_t *cf, usher_file_kind_t kind,
    ngx_str_t *path);
void ngx_http_usher_reader(ngx_conf_t *cf, usher_reader_t *reader);

/* ngx_http_usher_control.c */

char *ngx_http_usher_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_usher_open_state(ngx_http_usher_main_conf_t *umcf,
    ngx_log_t *log);
char *ngx_http_usher_control(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_usher_control_handler(ngx_http_request_t *r);

/* ngx_http_usher_directives.c */

char *ngx_http_usher_ticket_from(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_usher_country(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_usher_seats_policy(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_usher_ticket_failures(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_usher_event(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_usher_origins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_usher_audit.c: all of them do nothing without usher_audit */

char *ngx_http_usher_audit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_http_usher_audit_request(ngx_http_request_t *r, const char *what,
    const char *reason, const u_char *sid, const char *kid);
void ngx_http_usher_audit_entry(ngx_http_request_t *r,
    const usher_entry_t *entry);
void ngx_http_usher_audit_key(ngx_http_request_t *r);
void ngx_http_usher_audit_change(void *data, usher_view_t members);
ngx_int_t ngx_http_usher_audit_init_process(ngx_cycle_t *cycle);
void ngx_http_usher_audit_exit_process(ngx_cycle_t *cycle);

/* ngx_http_usher_zone.c */

char *ngx_http_usher_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_usher_add_zones(ngx_conf_t *cf,
    ngx_http_usher_main_conf_t *umcf, size_t size);
ngx_int_t ngx_http_usher_enter(ngx_http_request_t *r,
    const usher_session_t *session, usher_entrance_t entrance,
    const usher_session_t *handed_back, usher_entry_t *entry);
ngx_int_t ngx_http_usher_look_again(ngx_http_request_t *r,
    usher_entry_t *entry);
ngx_int_t ngx_http_usher_still_admitted(ngx_http_request_t *r,
    usher_entry_t *entry);
void ngx_http_usher_forget_visit(ngx_http_request_t *r);
ngx_int_t ngx_http_usher_may_open(ngx_http_request_t *r,
    const usher_session_t *session, usher_entry_t *entry);
void ngx_http_usher_leave(ngx_http_request_t *r,
    const usher_session_t *session);
void ngx_http_usher_count(ngx_http_request_t *r, ngx_uint_t counter);
ngx_int_t ngx_http_usher_status_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_usher_metrics_handler(ngx_http_request_t *r);

/* ngx_http_usher_request.c */

ngx_int_t ngx_http_usher_post_read_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_usher_log_handler(ngx_http_request_t *r);
ngx_http_usher_ctx_t *ngx_http_usher_create_ctx(ngx_http_request_t *r);
ngx_http_usher_ctx_t *ngx_http_usher_get_ctx(ngx_http_request_t *r);
void ngx_http_usher_blank_headers(ngx_http_request_t *r);

/* ngx_http_usher_fields.c */

usher_view_t ngx_http_usher_header(ngx_http_request_t *r, const char *name);
usher_view_t ngx_http_usher_ticket_header(ngx_http_request_t *r);
usher_view_t ngx_http_usher_scheme(ngx_http_request_t *r);
usher_view_t ngx_http_usher_host(ngx_http_request_t *r);
usher_method_t ngx_http_usher_method(ngx_http_request_t *r);
usher_view_t ngx_http_usher_address(ngx_http_request_t *r);
usher_view_t ngx_http_usher_agent(ngx_http_request_t *r);
ngx_int_t ngx_http_usher_viewer(ngx_http_request_t *r, usher_viewer_t *viewer);

/* ngx_http_usher_admission.c */

ngx_int_t ngx_http_usher_preaccess_handler(ngx_http_request_t *r);
ngx_uint_t ngx_http_usher_is_admitted(ngx_http_request_t *r);

/* ngx_http_usher_cmcd.c */

ngx_int_t ngx_http_usher_add_cmcd_variables(ngx_conf_t *cf);

/* ngx_http_usher_drain.c */

extern ngx_module_t  ngx_http_usher_drain_module;

ngx_uint_t ngx_http_usher_is_ready_question(ngx_http_usher_ctx_t *ctx);
ngx_int_t ngx_http_usher_ready(ngx_http_request_t *r);
ngx_uint_t ngx_http_usher_is_draining(void);
ngx_int_t ngx_http_usher_refuse_new(ngx_http_request_t *r);

/* ngx_http_usher_hop.c, ngx_http_usher_hop_check.c */

extern ngx_module_t  ngx_http_usher_hop_module;

ngx_int_t ngx_http_usher_hop_check(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx);
ngx_uint_t ngx_http_usher_hop_covers(ngx_http_request_t *r,
    const ngx_str_t *body);
ngx_int_t ngx_http_usher_hop_refuse_body(ngx_http_request_t *r);

/* ngx_http_usher_lifetime.c */

extern ngx_module_t  ngx_http_usher_lifetime_module;

ngx_int_t ngx_http_usher_lifetime(ngx_http_request_t *r);

void ngx_http_usher_open_to_all(ngx_http_request_t *r, usher_view_t event,
    usher_decision_t *decision);

/* ngx_http_usher_session.c */

ngx_int_t ngx_http_usher_session_handler(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx);
ngx_int_t ngx_http_usher_session_open(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx);

/* ngx_http_usher_time.c */

ngx_uint_t ngx_http_usher_is_time_question(ngx_http_usher_ctx_t *ctx);
ngx_int_t ngx_http_usher_tell_time(ngx_http_request_t *r);

/* ngx_http_usher_key.c */

ngx_int_t ngx_http_usher_key_handler(ngx_http_request_t *r);

/* ngx_http_usher_answer.c: each sender returns what a content handler does */

ngx_int_t ngx_http_usher_refuse(ngx_http_request_t *r, ngx_int_t denial,
    const char *reason);
ngx_int_t ngx_http_usher_refuse_entry(ngx_http_request_t *r,
    const usher_entry_t *entry);
ngx_int_t ngx_http_usher_problem(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, const char *detail);
ngx_int_t ngx_http_usher_not_allowed(ngx_http_request_t *r,
    const char *methods);
ngx_int_t ngx_http_usher_preflight(ngx_http_request_t *r,
    const char *methods);
ngx_int_t ngx_http_usher_redirect(ngx_http_request_t *r,
    const usher_decision_t *decision);
ngx_int_t ngx_http_usher_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, const char *data, size_t size);
ngx_int_t ngx_http_usher_send_storable(ngx_http_request_t *r,
    ngx_uint_t status, const char *type, const char *data, size_t size);
ngx_int_t ngx_http_usher_finish(ngx_http_request_t *r, ngx_int_t rc);
ngx_int_t ngx_http_usher_push_header(ngx_http_request_t *r, const char *key,
    const char *value, size_t size);
void ngx_http_usher_drop_headers(ngx_http_request_t *r, const char *prefix);
ngx_int_t ngx_http_usher_read_body(ngx_http_request_t *r,
    ngx_http_client_body_handler_pt handler);
ngx_int_t ngx_http_usher_body(ngx_http_request_t *r, ngx_str_t *body);

/* ngx_http_usher_variables.c */

ngx_int_t ngx_http_usher_add_variables(ngx_conf_t *cf);


static ngx_inline usher_view_t
ngx_http_usher_view(const ngx_str_t *s)
{
    usher_view_t  view = { (const char *) s->data, s->len };

    return view;
}


/* `name` is in lower case; most differ in their first letter */

static ngx_inline ngx_uint_t
ngx_http_usher_is_header(const ngx_table_elt_t *h, const char *name)
{
    return h->lowcase_key[0] == (u_char) name[0]
           && h->key.len == ngx_strlen(name)
           && ngx_memcmp(h->lowcase_key, name, h->key.len) == 0;
}


static ngx_inline ngx_str_t
ngx_http_usher_str(usher_view_t view)
{
    ngx_str_t  s = { view.size, (u_char *) view.data };

    return s;
}


/* NULL where there is no session yet */

static ngx_inline const u_char *
ngx_http_usher_sid(const ngx_http_usher_ctx_t *ctx)
{
    return ctx->session.expires ? ctx->session.sid : NULL;
}


/* memcpy() wants no null pointer, also where there is nothing to copy */

static ngx_inline u_char *
ngx_http_usher_append(u_char *p, const void *data, size_t len)
{
    return len ? ngx_cpymem(p, data, len) : p;
}


#endif /* _NGX_HTTP_USHER_MODULE_H_INCLUDED_ */
