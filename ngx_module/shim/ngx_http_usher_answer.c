
/*
 * The module's own answers, and the reading of bodies. Each sender returns
 * what a content handler returns; a phase handler passes that on through
 * ngx_http_usher_finish().
 */

#include "ngx_http_usher_module.h"


#define NGX_HTTP_USHER_PROBLEM_LEN     1024
#define NGX_HTTP_USHER_PROBLEM_TYPE    "application/problem+json"
#define NGX_HTTP_USHER_REQUEST_HEADERS                                        \
    "Authorization, Content-Type, Range, If-None-Match, If-Modified-Since, "  \
    "CTA-Common-Access-Token, "                                               \
    "CMCD-Request, CMCD-Object, CMCD-Session, CMCD-Status, *"


static ngx_int_t ngx_http_usher_push_retry_after(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx);


ngx_int_t
ngx_http_usher_refuse(ngx_http_request_t *r, ngx_int_t denial,
    const char *reason)
{
    ngx_uint_t             status;
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    ctx->verdict = NGX_HTTP_USHER_DENIED;
    ctx->denial = denial;
    ctx->reason = reason;

    if (ctx->read) {
        ngx_http_usher_audit_request(r, "denied",
                                     usher_denial_code(denial),
                                     ngx_http_usher_sid(ctx), NULL);
    }

    ngx_http_usher_count(r, USHER_COUNT_DENIED + denial);

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "usher: refused, %s (%s)", usher_denial_code(denial), reason);

    if (ctx->retry_after && ngx_http_usher_push_retry_after(r, ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = usher_denial_status(denial);

    if (status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_usher_push_header(r, "WWW-Authenticate", "Bearer",
                                      sizeof("Bearer") - 1)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_problem(r, status, usher_denial_code(denial),
                                  usher_denial_sentence(denial));
}


/* what the session table says to a session */

ngx_int_t
ngx_http_usher_refuse_entry(ngx_http_request_t *r, const usher_entry_t *entry)
{
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    ctx->retry_after = entry->retry_after;

    return ngx_http_usher_refuse(r, entry->denial, entry->reason);
}


static ngx_int_t
ngx_http_usher_push_retry_after(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx)
{
    u_char  *seconds, *last;

    seconds = ngx_pnalloc(r->pool, NGX_INT32_LEN);
    if (seconds == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(seconds, "%uD", ctx->retry_after);

    return ngx_http_usher_push_header(r, "Retry-After", (char *) seconds,
                                      last - seconds);
}


ngx_int_t
ngx_http_usher_not_allowed(ngx_http_request_t *r, const char *methods)
{
    if (ngx_http_usher_push_header(r, "Allow", methods, ngx_strlen(methods))
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_refuse(r, usher_denial_method, "method");
}


ngx_int_t
ngx_http_usher_problem(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, const char *detail)
{
    usher_buffer_t  json;

    json.capacity = NGX_HTTP_USHER_PROBLEM_LEN;
    json.data = ngx_palloc(r->pool, json.capacity);

    if (json.data == NULL || usher_problem(status, code, detail, &json) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_send(r, status, NGX_HTTP_USHER_PROBLEM_TYPE,
                               json.data, json.size);
}


ngx_int_t
ngx_http_usher_preflight(ngx_http_request_t *r, const char *methods)
{
    if (ngx_http_usher_push_header(r, "Allow", methods, ngx_strlen(methods))
        != NGX_OK
        || ngx_http_usher_push_header(r, "Access-Control-Allow-Methods",
                                      methods, ngx_strlen(methods))
           != NGX_OK
        || ngx_http_usher_push_header(r, "Access-Control-Allow-Headers",
                                      NGX_HTTP_USHER_REQUEST_HEADERS,
                                      sizeof(NGX_HTTP_USHER_REQUEST_HEADERS)
                                      - 1)
           != NGX_OK
        || ngx_http_usher_push_header(r, "Access-Control-Max-Age", "86400",
                                      sizeof("86400") - 1)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_send(r, NGX_HTTP_NO_CONTENT, NULL, NULL, 0);
}


/*
 * To the session's own URL. Relative, and pushed to the list: were it in
 * headers_out.location, nginx would prepend its own scheme, name and port.
 */

ngx_int_t
ngx_http_usher_redirect(ngx_http_request_t *r, const usher_decision_t *decision)
{
    size_t                 len;
    u_char                *location, *p;
    ngx_uint_t             status;
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    len = sizeof("/s/") - 1 + USHER_CREDENTIAL_SIZE + ctx->path.len
          + (ctx->args.len ? 1 + ctx->args.len : 0);

    location = ngx_pnalloc(r->pool, len);
    if (location == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_cpymem(location, "/s/", sizeof("/s/") - 1);
    p = ngx_cpymem(p, decision->credential, USHER_CREDENTIAL_SIZE);
    p = ngx_cpymem(p, ctx->path.data, ctx->path.len);

    if (ctx->args.len) {
        *p++ = '?';
        ngx_memcpy(p, ctx->args.data, ctx->args.len);
    }

    if (ngx_http_usher_push_header(r, "Location", (char *) location, len)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a licence request must arrive as the POST it was */

    status = r->method == NGX_HTTP_POST ? NGX_HTTP_TEMPORARY_REDIRECT
                                        : NGX_HTTP_MOVED_TEMPORARILY;

    return ngx_http_usher_send(r, status, NULL, NULL, 0);
}


ngx_int_t
ngx_http_usher_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, const char *data, size_t size)
{
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx) {
        ctx->no_store = 1;
    }

    return ngx_http_usher_send_storable(r, status, type, data, size);
}


ngx_int_t
ngx_http_usher_send_storable(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, const char *data, size_t size)
{
    ngx_int_t              rc;
    ngx_buf_t             *b;
    ngx_chain_t            out;
    ngx_http_usher_ctx_t  *ctx;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx) {
        ctx->answered = 1;
    }

    /* an error page may be refused like any other, and then that counts */
    r->err_status = 0;

    r->headers_out.status = status;
    r->headers_out.content_length_n = size;

    if (type) {
        r->headers_out.content_type.data = (u_char *) type;
        r->headers_out.content_type.len = ngx_strlen(type);
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;
    }

    if (size == 0) {
        r->header_only = 1;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) data;
    b->last = b->pos + size;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_usher_finish(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


/* `key` and `value` live as long as the request */

ngx_int_t
ngx_http_usher_push_header(ngx_http_request_t *r, const char *key,
    const char *value, size_t size)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value.data = (u_char *) value;
    h->value.len = size;

    return NGX_OK;
}


void
ngx_http_usher_drop_headers(ngx_http_request_t *r, const char *prefix)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(prefix);

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len >= len
                && ngx_strncasecmp(h[i].key.data, (u_char *) prefix, len) == 0)
            {
                h[i].hash = 0;
            }
        }
    }
}


/* from a content handler, whose result this is */

ngx_int_t
ngx_http_usher_read_body(ngx_http_request_t *r,
    ngx_http_client_body_handler_pt handler)
{
    ngx_int_t  rc;

    if (r->headers_in.content_length_n > NGX_HTTP_USHER_MAX_BODY) {
        return ngx_http_usher_problem(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                      "bad_request",
                                      "The request body is too large.");
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, handler);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


/* NGX_DECLINED where it is too large */

ngx_int_t
ngx_http_usher_body(ngx_http_request_t *r, ngx_str_t *body)
{
    size_t        len;
    u_char       *p;
    ngx_chain_t  *cl;

    ngx_str_null(body);

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    if (r->request_body->temp_file) {
        return NGX_DECLINED;
    }

    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        len += ngx_buf_size(cl->buf);
    }

    if (len > NGX_HTTP_USHER_MAX_BODY) {
        return NGX_DECLINED;
    }

    body->data = ngx_pnalloc(r->pool, len + 1);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    body->len = len;
    p = body->data;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        p = ngx_http_usher_append(p, cl->buf->pos,
                                  cl->buf->last - cl->buf->pos);
    }

    return NGX_OK;
}
