
/*
 * usher_control and usher_state: what who runs the box may say, and the file
 * that remembers it. What is answered to whom is the engine's; here are the
 * secret, the body and the answer.
 */

#include "ngx_http_usher_module.h"
#include "ngx_http_usher_parking.h"


#define NGX_HTTP_USHER_CONTROL_LEN     (256 * 1024)


static void ngx_http_usher_free_state(void *data);
static void ngx_http_usher_control_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_control_answer(ngx_http_request_t *r,
    ngx_str_t *body);
static usher_control_method_t ngx_http_usher_control_method(
    ngx_http_request_t *r);
static usher_view_t ngx_http_usher_control_path(ngx_http_request_t *r);


char *
ngx_http_usher_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_main_conf_t  *umcf = conf;

    char                 line[NGX_HTTP_USHER_ERROR_LEN];
    ngx_str_t           *value;
    usher_buffer_t       error = { line, sizeof(line), 0 };
    ngx_pool_cleanup_t  *cln;

    if (umcf->state) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    umcf->state = usher_state_new((char *) value[1].data);
    if (umcf->state == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_usher_free_state;
    cln->data = umcf->state;

    ngx_http_usher_reader(cf, &umcf->owner);

    if (usher_state_check(umcf->state, &error) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "usher: %*s", error.size,
                           error.data);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void
ngx_http_usher_free_state(void *data)
{
    usher_state_free(data);
}


/*
 * With the last zone, because a file that cannot be opened then refuses the
 * configuration; in init_module it would end a running nginx.
 */

ngx_int_t
ngx_http_usher_open_state(ngx_http_usher_main_conf_t *umcf, ngx_log_t *log)
{
    char            line[NGX_HTTP_USHER_ERROR_LEN];
    usher_buffer_t  error = { line, sizeof(line), 0 };

    if (umcf->state == NULL || ngx_test_config) {
        return NGX_OK;
    }

    switch (usher_state_open(umcf->state, &umcf->house, &umcf->owner,
                             ngx_time(), &error))
    {
    case 0:
        return NGX_OK;

    case 1:
        ngx_log_error(NGX_LOG_ERR, log, 0, "usher: %*s", error.size,
                      error.data);
        return NGX_OK;

    default:
        ngx_log_error(NGX_LOG_EMERG, log, 0, "usher: %*s", error.size,
                      error.data);
        return NGX_ERROR;
    }
}


char *
ngx_http_usher_control(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_loc_conf_t  *ulcf = conf;

    ngx_str_t                   *value, path;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_usher_main_conf_t  *umcf;

    if (ulcf->control_secret) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len <= 7 || ngx_strncmp(value[1].data, "secret=", 7) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"; use \"secret=FILE\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len == 0 || clcf->name.data[clcf->name.len - 1] != '/'
        || clcf->named || clcf->exact_match
#if (NGX_PCRE)
        || clcf->regex
#endif
        )
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"usher_control\" belongs in a location that ends "
                           "with a slash, \"location /control/\"");
        return NGX_CONF_ERROR;
    }

    path.data = value[1].data + 7;
    path.len = value[1].len - 7;

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ulcf->control_secret = ngx_http_usher_open_file(cf, USHER_CONTROL_SECRET,
                                                    &path);
    if (ulcf->control_secret == NULL) {
        return NGX_CONF_ERROR;
    }

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_module);
    umcf->controls = 1;

    clcf->handler = ngx_http_usher_control_handler;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_usher_control_handler(ngx_http_request_t *r)
{
    int                         allowed;
    usher_view_t                authorization;
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    authorization = ngx_http_usher_header(r, "authorization");
    allowed = usher_may_control(ulcf->control_secret, authorization);

    /* before anything can log it */

    if (authorization.size) {
        ngx_memset((u_char *) authorization.data, '-', authorization.size);
    }

    /* no page has any business here, whatever the browser was talked into */

    if (ngx_http_usher_header(r, "origin").size) {
        return ngx_http_usher_problem(r, NGX_HTTP_FORBIDDEN, "origin_refused",
                                      "Pages may not control the box.");
    }

    if (!allowed) {

        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "usher: control refused, %s",
                      authorization.size ? "wrong secret" : "no secret");

        if (ngx_http_usher_push_header(r, "WWW-Authenticate", "Bearer",
                                       sizeof("Bearer") - 1)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_usher_problem(r, NGX_HTTP_UNAUTHORIZED,
                                      "control_denied",
                                      "Send the control secret: "
                                      "Authorization: Bearer SECRET.");
    }

    if (r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD) {
        return ngx_http_usher_control_answer(r, NULL);
    }

    return ngx_http_usher_read_body(r, ngx_http_usher_control_body_handler);
}


static void
ngx_http_usher_control_body_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;
    ngx_str_t  body;

    rc = ngx_http_usher_body(r, &body);

    switch (rc) {

    case NGX_OK:
        rc = ngx_http_usher_control_answer(r, &body);
        break;

    case NGX_DECLINED:
        rc = ngx_http_usher_problem(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "bad_request",
                                    "The request body is too large.");
        break;

    default:
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_usher_control_answer(ngx_http_request_t *r, ngx_str_t *body)
{
    char                         line[NGX_HTTP_USHER_ERROR_LEN];
    char                        *allow;
    ngx_uint_t                   level;
    usher_audit_t                audit;
    usher_buffer_t               json, said = { line, sizeof(line), 0 };
    usher_control_answer_t       answer;
    usher_control_request_t      request;
    ngx_http_usher_loc_conf_t   *ulcf;
    ngx_http_usher_main_conf_t  *umcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);
    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);

    json.size = 0;
    json.capacity = NGX_HTTP_USHER_CONTROL_LEN;
    json.data = ngx_palloc(r->pool, json.capacity);

    if (json.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&request, sizeof(usher_control_request_t));

    if (body) {
        request.body = ngx_http_usher_view(body);
    }

    request.method = ngx_http_usher_control_method(r);
    request.path = ngx_http_usher_control_path(r);
    request.now = ngx_time();
    request.idle = (uint32_t) ulcf->session_idle;

    audit.data = umcf;
    audit.tell = ngx_http_usher_audit_change;

    if (usher_control(&umcf->house, umcf->state, &request, &audit, &answer,
                      &json, &said)
        != 0)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (answer.said.size) {
        ngx_http_usher_ring(r->connection->log);

        level = answer.status == NGX_HTTP_OK ? NGX_LOG_NOTICE : NGX_LOG_ERR;

        ngx_log_error(level, r->connection->log, 0, "usher: control: %*s",
                      answer.said.size, answer.said.data);
    }

    if (answer.allow[0]) {
        allow = ngx_palloc(r->pool, sizeof(answer.allow));
        if (allow == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_memcpy(allow, answer.allow, sizeof(answer.allow));

        if (ngx_http_usher_push_header(r, "Allow", allow, ngx_strlen(allow))
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ngx_http_usher_push_header(r, "Cache-Control", "no-store",
                                   sizeof("no-store") - 1)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_send_storable(r, answer.status,
                                        answer.status == NGX_HTTP_OK
                                        ? "application/json"
                                        : "application/problem+json",
                                        json.data, json.size);
}


static usher_control_method_t
ngx_http_usher_control_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
    case NGX_HTTP_HEAD:
        return USHER_CONTROL_GET;

    case NGX_HTTP_PUT:
        return USHER_CONTROL_PUT;

    case NGX_HTTP_POST:
        return USHER_CONTROL_POST;

    default:
        return USHER_CONTROL_OTHER;
    }
}


/* what follows the location's name */

static usher_view_t
ngx_http_usher_control_path(ngx_http_request_t *r)
{
    usher_view_t               path;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    path = ngx_http_usher_view(&r->uri);

    if (path.size < clcf->name.len) {
        path.size = 0;
        return path;
    }

    path.data += clcf->name.len;
    path.size -= clcf->name.len;

    return path;
}
