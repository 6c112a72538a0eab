
/*
 * usher_content_keys: GET /<event>/key/<kid> and POST /<event>/key/.
 */

#include "ngx_http_usher_module.h"


#define NGX_HTTP_USHER_KEY_TYPE        "application/octet-stream"
#define NGX_HTTP_USHER_KEY_LIFETIME    "private, max-age=300"


static ngx_int_t ngx_http_usher_key_get(ngx_http_request_t *r);
static void ngx_http_usher_licence_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_licence(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_int_t ngx_http_usher_key_send(ngx_http_request_t *r,
    const char *type, const char *data, size_t size);
static void *ngx_http_usher_key_alloc(ngx_http_request_t *r, size_t size);
static void ngx_http_usher_key_wipe(void *data);
static void ngx_http_usher_key_store(ngx_http_request_t *r,
    usher_key_store_t *store);
static ngx_int_t ngx_http_usher_key_failed(ngx_http_request_t *r,
    usher_key_result_t result, usher_key_refusal_t *refusal);


ngx_int_t
ngx_http_usher_key_handler(ngx_http_request_t *r)
{
    usher_view_t           path;
    const char            *methods;
    ngx_http_usher_ctx_t  *ctx;

    path = ngx_http_usher_view(&r->uri);
    methods = usher_methods_of(path);

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* an internal redirect could lead a viewer of one event to another's */

    if (ctx->verdict == NGX_HTTP_USHER_ADMITTED
        && !usher_session_covers(&ctx->session, path))
    {
        return ngx_http_usher_refuse(r, usher_denial_scope,
                                     "key of another event");
    }

    switch (r->method) {

    case NGX_HTTP_OPTIONS:
        return ngx_http_usher_preflight(r, methods);

    case NGX_HTTP_GET:
    case NGX_HTTP_HEAD:
        return ngx_http_usher_key_get(r);

    case NGX_HTTP_POST:

        if (ngx_strstr(methods, "POST")) {
            return ngx_http_usher_read_body(r, ngx_http_usher_licence_handler);
        }

        /* fall through */

    default:
        return ngx_http_usher_not_allowed(r, methods);
    }
}


static ngx_int_t
ngx_http_usher_key_get(ngx_http_request_t *r)
{
    char                 line[NGX_HTTP_USHER_ERROR_LEN];
    uint8_t             *key;
    usher_key_store_t    store;
    usher_key_result_t   result;
    usher_key_refusal_t  refusal = { 0, { line, sizeof(line), 0 } };

    ngx_http_usher_key_store(r, &store);

    key = ngx_http_usher_key_alloc(r, USHER_KEY_SIZE);
    if (key == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    result = usher_key(&store, ngx_http_usher_view(&r->uri), ngx_time(), key,
                       &refusal);

    if (result != USHER_KEY_FOUND) {
        return ngx_http_usher_key_failed(r, result, &refusal);
    }

    ngx_http_usher_count(r, USHER_COUNT_KEYS);

    return ngx_http_usher_key_send(r, NGX_HTTP_USHER_KEY_TYPE, (char *) key,
                                   USHER_KEY_SIZE);
}


static void
ngx_http_usher_licence_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;
    ngx_str_t  body;

    rc = ngx_http_usher_body(r, &body);

    switch (rc) {

    case NGX_OK:
        rc = ngx_http_usher_licence(r, &body);
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
ngx_http_usher_licence(ngx_http_request_t *r, ngx_str_t *body)
{
    char                 line[NGX_HTTP_USHER_ERROR_LEN];
    usher_buffer_t       licence;
    usher_key_store_t    store;
    usher_key_result_t   result;
    usher_key_refusal_t  refusal = { 0, { line, sizeof(line), 0 } };

    if (!ngx_http_usher_hop_covers(r, body)) {
        return ngx_http_usher_hop_refuse_body(r);
    }

    ngx_http_usher_key_store(r, &store);

    licence.size = 0;
    licence.capacity = USHER_LICENCE_CAPACITY;
    licence.data = ngx_http_usher_key_alloc(r, licence.capacity);

    if (licence.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    result = usher_licence(&store, ngx_http_usher_view(&r->uri),
                           ngx_http_usher_view(body), ngx_time(), &licence,
                           &refusal);

    if (result != USHER_KEY_FOUND) {
        return ngx_http_usher_key_failed(r, result, &refusal);
    }

    ngx_http_usher_count(r, USHER_COUNT_LICENCES);

    return ngx_http_usher_key_send(r, "application/json", licence.data,
                                   licence.size);
}


static ngx_int_t
ngx_http_usher_key_send(ngx_http_request_t *r, const char *type,
    const char *data, size_t size)
{
    /* the second is for an nginx in front that caches nevertheless */

    if (ngx_http_usher_push_header(r, "Cache-Control",
                                   NGX_HTTP_USHER_KEY_LIFETIME,
                                   sizeof(NGX_HTTP_USHER_KEY_LIFETIME) - 1)
        != NGX_OK
        || ngx_http_usher_push_header(r, "X-Accel-Expires", "0", 1) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_send_storable(r, NGX_HTTP_OK, type, data, size);
}


/* nothing that was a key stays in memory that others get next */

static void *
ngx_http_usher_key_alloc(ngx_http_request_t *r, size_t size)
{
    ngx_str_t           *key;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NULL;
    }

    key = cln->data;

    key->len = size;
    key->data = ngx_pcalloc(r->pool, size);

    if (key->data == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_usher_key_wipe;

    return key->data;
}


static void
ngx_http_usher_key_wipe(void *data)
{
    ngx_str_t  *key = data;

    ngx_explicit_memzero(key->data, key->len);
}


static void
ngx_http_usher_key_store(ngx_http_request_t *r, usher_key_store_t *store)
{
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    store->master = ulcf->master_key;
    store->directory = (char *) ulcf->content_keys.data;
}


static ngx_int_t
ngx_http_usher_key_failed(ngx_http_request_t *r, usher_key_result_t result,
    usher_key_refusal_t *refusal)
{
    switch (result) {

    case USHER_KEY_NOT_YET:
        ngx_http_usher_get_ctx(r)->retry_after = refusal->seconds_early;

        return ngx_http_usher_refuse(r, usher_denial_key_not_yet,
                                     "key of a later period");

    case USHER_KEY_UNKNOWN:
        return ngx_http_usher_problem(r, NGX_HTTP_NOT_FOUND, "key_unknown",
                                      "This event has no such key.");

    case USHER_KEY_BAD_REQUEST:
        return ngx_http_usher_problem(r, NGX_HTTP_BAD_REQUEST, "bad_request",
                                      "The body is no Clear Key licence "
                                      "request.");

    default: /* USHER_KEY_FAILED */
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "usher: %*s",
                      refusal->error.size, refusal->error.data);

        return ngx_http_usher_problem(r, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                      "key_unavailable",
                                      "The key could not be read: try again "
                                      "in a moment.");
    }
}
