
/*
 * /usher/session: a page opens a session by POST, so that the ticket is in no
 * URL, and gives it back by DELETE.
 */

#include "ngx_http_usher_module.h"


#define NGX_HTTP_USHER_METHODS         "OPTIONS, POST, DELETE"
#define NGX_HTTP_USHER_SESSION_LEN     2048


static ngx_int_t ngx_http_usher_check_origin(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_check_type(ngx_http_request_t *r);
static void ngx_http_usher_session_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_usher_session_post(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_session_body_t *members,
    usher_buffer_t *scratch);
static ngx_int_t ngx_http_usher_session_delete(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_session_body_t *members);
static void ngx_http_usher_hand_back(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_view_t credential);
static ngx_int_t ngx_http_usher_session_enter(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx);
static ngx_int_t ngx_http_usher_session_answer(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_decision_t *decision);


ngx_int_t
ngx_http_usher_session_handler(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_usher_finish(r,
                   ngx_http_usher_preflight(r, NGX_HTTP_USHER_METHODS));
    }

    if (!(r->method & (NGX_HTTP_POST|NGX_HTTP_DELETE))) {
        return ngx_http_usher_finish(r,
                   ngx_http_usher_not_allowed(r, NGX_HTTP_USHER_METHODS));
    }

    rc = ngx_http_usher_check_origin(r);

    if (rc == NGX_OK) {
        rc = ngx_http_usher_check_type(r);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_usher_read_body(r, ngx_http_usher_session_body_handler);

    } else {
        rc = ngx_http_usher_problem(r, rc, "bad_request",
                                    rc == NGX_HTTP_FORBIDDEN
                                    ? "This page may not open sessions here."
                                    : "The request body must be JSON.");
    }

    return ngx_http_usher_finish(r, rc);
}


/* a session is given up by whoever holds it, but opened by known pages only */

static ngx_int_t
ngx_http_usher_check_origin(ngx_http_request_t *r)
{
    size_t                      count;
    usher_view_t                host, *allowed;
    ngx_http_usher_loc_conf_t  *ulcf;

    if (r->method != NGX_HTTP_POST) {
        return NGX_OK;
    }

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    host = ngx_http_usher_header(r, "host");
    allowed = ulcf->origins ? ulcf->origins->elts : NULL;
    count = ulcf->origins ? ulcf->origins->nelts : 0;

    return usher_origin_allowed(ngx_http_usher_header(r, "origin"),
                                ngx_http_usher_header(r, "sec-fetch-site"),
                                host, allowed, count)
           ? NGX_OK : NGX_HTTP_FORBIDDEN;
}


/* a form of another site can send text/plain without asking first */

static ngx_int_t
ngx_http_usher_check_type(ngx_http_request_t *r)
{
    ngx_str_t     value;
    usher_view_t  type;

    type = ngx_http_usher_header(r, "content-type");
    value = ngx_http_usher_str(type);

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked
        && value.len == 0)
    {
        return NGX_OK;
    }

    if (value.len >= sizeof("application/json") - 1
        && ngx_strncasecmp(value.data, (u_char *) "application/json",
                           sizeof("application/json") - 1)
           == 0
        && (value.len == sizeof("application/json") - 1
            || value.data[sizeof("application/json") - 1] == ';'
            || value.data[sizeof("application/json") - 1] == ' '))
    {
        return NGX_OK;
    }

    return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
}


static void
ngx_http_usher_session_body_handler(ngx_http_request_t *r)
{
    ngx_int_t              rc;
    ngx_str_t              body;
    usher_buffer_t         scratch;
    usher_session_body_t   members;
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    rc = ngx_http_usher_body(r, &body);

    if (rc == NGX_DECLINED) {
        ngx_http_finalize_request(r,
            ngx_http_usher_problem(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                   "bad_request",
                                   "The request body is too large."));
        return;
    }

    /* the ticket's one event, which may be in a header, goes there as well */

    scratch.size = 0;
    scratch.capacity = 2 * NGX_HTTP_USHER_MAX_BODY;
    scratch.data = ngx_palloc(r->pool, scratch.capacity);

    if (rc == NGX_ERROR || scratch.data == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (usher_session_body(ngx_http_usher_view(&body), &scratch, &members)
        != 0)
    {
        ngx_http_finalize_request(r,
            ngx_http_usher_refuse(r, usher_denial_bad_request, "body"));
        return;
    }

    rc = r->method == NGX_HTTP_DELETE
         ? ngx_http_usher_session_delete(r, ctx, &members)
         : ngx_http_usher_session_post(r, ctx, &members, &scratch);

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_usher_session_post(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx,
    usher_session_body_t *members, usher_buffer_t *scratch)
{
    usher_view_t  ticket, event;

    ticket = members->ticket;

    if (ticket.size == 0) {
        ticket = usher_bearer(ngx_http_usher_header(r, "authorization"));
    }

    /* nobody needs one while the event is open to all */

    if (ticket.size == 0 && members->event.size == 0) {
        return ngx_http_usher_refuse(r, usher_denial_missing, "no ticket");
    }

    event = members->event;

    if (event.size == 0) {
        event = usher_only_event(ticket, scratch);
    }

    /* the header's bytes are blanked, so the ticket is copied */

    ctx->ticket.data = ngx_pnalloc(r->pool, ticket.size + 1);
    if (ctx->ticket.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_http_usher_append(ctx->ticket.data, ticket.data, ticket.size);
    ctx->ticket.len = ticket.size;
    ctx->event = ngx_http_usher_str(event);

    ngx_http_usher_blank_headers(r);

    ngx_http_usher_hand_back(r, ctx, members->session);

    return ngx_http_usher_session_enter(r, ctx);
}


/*
 * The session that the same page had before it was loaded again: its seat goes
 * to the new one. Whatever is no good session is simply not handed back.
 */

static void
ngx_http_usher_hand_back(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx,
    usher_view_t credential)
{
    usher_decision_t             decision;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);

    if (credential.size == 0 || umcf->secrets == NULL
        || usher_close(umcf->secrets, credential, ngx_time(), &decision) != 0)
    {
        return;
    }

    ctx->handed_back = decision.session;
    ctx->hands_back = 1;
}


/*
 * The ticket is checked in the location that guards the event, because there
 * its issuer and audience are pinned: an internal redirect leads to it.
 */

static ngx_int_t
ngx_http_usher_session_enter(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t   uri;

    /* without one event to go to, the ticket itself says what is wrong */

    if (!usher_is_event(ngx_http_usher_view(&ctx->event))) {
        return ngx_http_usher_session_open(r, ctx);
    }

    uri.len = 1 + ctx->event.len + sizeof("/master.m3u8") - 1;
    uri.data = ngx_pnalloc(r->pool, uri.len);

    if (uri.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = uri.data;
    *p++ = '/';
    p = ngx_cpymem(p, ctx->event.data, ctx->event.len);
    ngx_memcpy(p, "/master.m3u8", sizeof("/master.m3u8") - 1);

    ctx->opening = 1;

    (void) ngx_http_internal_redirect(r, &uri, NULL);

    return NGX_DONE;
}


ngx_int_t
ngx_http_usher_session_open(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx)
{
    usher_view_t                event;
    usher_entry_t               entry;
    usher_viewer_t              viewer;
    usher_decision_t            decision;
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    if (!ulcf->enable) {
        return ngx_http_usher_refuse(r, usher_denial_scope,
                                     "usher is off where the event lies");
    }

    if (ngx_http_usher_viewer(r, &viewer) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    event = ngx_http_usher_view(&ctx->event);

    usher_open(&ulcf->policy, ngx_http_usher_view(&ctx->ticket), event,
               &viewer, ngx_time(), &decision);

    if (decision.outcome != USHER_OPEN) {

        if (ctx->ticket.len == 0) {
            decision.denial = usher_denial_missing;
            decision.reason = "no ticket";
        }

        ngx_http_usher_open_to_all(r, event, &decision);
    }

    if (decision.outcome != USHER_OPEN) {
        ctx->retry_after = decision.retry_after;
        ngx_memcpy(ctx->refused, decision.session.ticket,
                   sizeof(ctx->refused));

        return ngx_http_usher_refuse(r, decision.denial, decision.reason);
    }

    /* a page that is loaded again is no new viewer */

    if (ngx_http_usher_is_draining() && !ctx->hands_back) {
        return ngx_http_usher_refuse_new(r);
    }

    ctx->session = decision.session;

    if (!decision.without_ticket) {
        ngx_http_usher_count(r, USHER_COUNT_TICKETS_VERIFIED);
    }

    if (ngx_http_usher_enter(r, &ctx->session, USHER_ENTRANCE_POST,
                             ctx->hands_back ? &ctx->handed_back : NULL, &entry)
        != NGX_OK)
    {
        return ngx_http_usher_refuse_entry(r, &entry);
    }

    ctx->verdict = NGX_HTTP_USHER_ADMITTED;

    ngx_http_usher_count(r, USHER_COUNT_OPENED);

    return ngx_http_usher_session_answer(r, ctx, &decision);
}


static ngx_int_t
ngx_http_usher_session_answer(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_decision_t *decision)
{
    usher_view_t    scheme, host;
    usher_buffer_t  json;

    scheme = ngx_http_usher_scheme(r);
    host = ngx_http_usher_host(r);

    json.capacity = NGX_HTTP_USHER_SESSION_LEN;
    json.data = ngx_palloc(r->pool, json.capacity);

    if (json.data == NULL
        || usher_session_json(scheme, host, ngx_http_usher_view(&ctx->event),
                              decision, &json)
           != 0)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_usher_send(r, NGX_HTTP_OK, "application/json", json.data,
                               json.size);
}


static ngx_int_t
ngx_http_usher_session_delete(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_session_body_t *members)
{
    usher_view_t                 credential;
    usher_decision_t             decision;
    ngx_http_usher_main_conf_t  *umcf;

    credential = ngx_http_usher_view(&ctx->credential);

    if (credential.size == 0) {
        credential = members->session;
    }

    if (credential.size == 0) {
        credential = usher_bearer(ngx_http_usher_header(r, "authorization"));
    }

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);

    /* both there are wherever "usher on" is; an origin has no sessions */

    if (umcf->secrets == NULL || !umcf->has_zones) {
        return NGX_HTTP_NOT_FOUND;
    }

    if (usher_close(umcf->secrets, credential, ngx_time(), &decision) != 0) {
        return ngx_http_usher_refuse(r, decision.denial, decision.reason);
    }

    ctx->session = decision.session;

    ngx_http_usher_leave(r, &decision.session);

    return ngx_http_usher_send(r, NGX_HTTP_NO_CONTENT, NULL, NULL, 0);
}
