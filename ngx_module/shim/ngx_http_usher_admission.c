
/*
 * Admission, in the PREACCESS phase: after limits, before anything that
 * "satisfy any" could skip. Everything not admitted here is caught once more
 * by the header filter.
 */

#include "ngx_http_usher_module.h"
#include "ngx_http_usher_parking.h"


static ngx_int_t ngx_http_usher_admit(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx);
static ngx_int_t ngx_http_usher_act(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_decision_t *decision);
static ngx_int_t ngx_http_usher_seat(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, const usher_session_t *session);
static ngx_int_t ngx_http_usher_lead(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, usher_decision_t *decision);


ngx_int_t
ngx_http_usher_preaccess_handler(ngx_http_request_t *r)
{
    ngx_http_usher_ctx_t       *ctx;
    ngx_http_usher_loc_conf_t  *ulcf;
    ngx_http_usher_srv_conf_t  *uscf;

    uscf = ngx_http_get_module_srv_conf(r, ngx_http_usher_module);

    if (!uscf->active) {
        return NGX_DECLINED;
    }

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    if (r != r->main) {

        /* a page may not include what its viewer was not admitted to */

        if (ulcf->enable && !ngx_http_usher_is_admitted(r)) {
            return NGX_HTTP_FORBIDDEN;
        }

        return NGX_DECLINED;
    }

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL) {

        /* refused before its first phase, and led here by error_page */

        ctx = ngx_http_usher_create_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->opening) {
        return ngx_http_usher_finish(r, ngx_http_usher_session_open(r, ctx));
    }

    if (ctx->endpoint) {
        return ngx_http_usher_session_handler(r, ctx);
    }

    if (!ulcf->enable) {
        return NGX_DECLINED;
    }

    if (ctx->verdict == NGX_HTTP_USHER_ADMITTED) {
        ngx_http_usher_blank_headers(r);
        return NGX_DECLINED;
    }

    return ngx_http_usher_admit(r, ctx);
}


static ngx_int_t
ngx_http_usher_admit(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx)
{
    usher_request_t             request;
    usher_session_t             session;
    usher_decision_t            decision;
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    if (usher_admit_at_once(&ulcf->policy, ngx_http_usher_method(r),
                            ngx_http_usher_view(&r->uri),
                            ngx_http_usher_view(&ctx->credential), ngx_time(),
                            &session))
    {
        ngx_http_usher_blank_headers(r);
        return ngx_http_usher_seat(r, ctx, &session);
    }

    request.method = ngx_http_usher_method(r);
    request.path = ngx_http_usher_view(&r->uri);
    request.asked = ngx_http_usher_view(&ctx->path);
    request.credential = ngx_http_usher_view(&ctx->credential);
    request.query = ngx_http_usher_view(&ctx->query);
    request.authorization = ngx_http_usher_header(r, "authorization");
    request.cookie = ngx_http_usher_header(r, "cookie");
    request.fetch_site = ngx_http_usher_header(r, "sec-fetch-site");
    request.header = ngx_http_usher_ticket_header(r);

    if (ngx_http_usher_viewer(r, &request.viewer) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    usher_admit(&ulcf->policy, &request, ngx_time(), &decision);

    ngx_http_usher_blank_headers(r);

    if (decision.outcome == USHER_REFUSE
        && decision.denial != usher_denial_method)
    {
        ngx_http_usher_open_to_all(r, usher_event_of(request.path), &decision);
    }

    return ngx_http_usher_act(r, ctx, &decision);
}


/* the emergency switch: who has no good ticket comes in nevertheless */

void
ngx_http_usher_open_to_all(ngx_http_request_t *r, usher_view_t event,
    usher_decision_t *decision)
{
    ngx_http_usher_loc_conf_t   *ulcf;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);

    if (!usher_is_event(event)
        || !usher_house_open_to_all(&umcf->house, event))
    {
        return;
    }

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    usher_open_to_all(&ulcf->policy, event, ngx_time(), decision);
}


static ngx_int_t
ngx_http_usher_act(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx,
    usher_decision_t *decision)
{
    usher_view_t  path;

    path = ngx_http_usher_view(&r->uri);

    switch (decision->outcome) {

    case USHER_ADMIT:
        return ngx_http_usher_seat(r, ctx, &decision->session);

    case USHER_OPEN:
        return ngx_http_usher_finish(r,
                   ngx_http_usher_lead(r, ctx, decision));

    case USHER_PREFLIGHT:
        return ngx_http_usher_finish(r, ngx_http_usher_preflight(r,
                                            usher_methods_of(path)));

    default: /* USHER_REFUSE */

        if (decision->denial == usher_denial_method) {
            return ngx_http_usher_finish(r,
                       ngx_http_usher_not_allowed(r,
                                                  usher_methods_of(path)));
        }

        ctx->retry_after = decision->retry_after;
        ngx_memcpy(ctx->refused, decision->session.ticket,
                   sizeof(ctx->refused));

        return ngx_http_usher_finish(r,
                   ngx_http_usher_refuse(r, decision->denial,
                                         decision->reason));
    }
}


/* a credential is good, but is there a seat? */

static ngx_int_t
ngx_http_usher_seat(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx,
    const usher_session_t *session)
{
    usher_entry_t                entry;
    usher_entrance_t             entrance;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);

    ctx->session = *session;

    entrance = r->method == NGX_HTTP_HEAD || ctx->session.one_path
               ? USHER_ENTRANCE_PEEK : USHER_ENTRANCE_USE;

    if (ngx_http_usher_enter(r, &ctx->session, entrance, NULL, &entry)
        != NGX_OK)
    {
        return ngx_http_usher_finish(r,
                   ngx_http_usher_refuse_entry(r, &entry));
    }

    ctx->retry_after = usher_house_ask_key(&umcf->house, &ctx->session,
                                           ngx_http_usher_view(&r->uri),
                                           ngx_time());

    if (ctx->retry_after) {
        return ngx_http_usher_finish(r,
                   ngx_http_usher_refuse(r, usher_denial_rate_limited,
                                         "too many requests for one key"));
    }

    ctx->verdict = NGX_HTTP_USHER_ADMITTED;
    ctx->visited = entrance == USHER_ENTRANCE_USE;
    ctx->bells = ngx_http_usher_bells();

    ngx_http_usher_count(r, USHER_COUNT_ADMITTED);

    return NGX_DECLINED;
}


/* a ticket is good: to a session's URL, whose first use takes the seat */

static ngx_int_t
ngx_http_usher_lead(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx,
    usher_decision_t *decision)
{
    usher_entry_t  entry;

    ctx->session = decision->session;

    if (!decision->without_ticket) {
        ngx_http_usher_count(r, USHER_COUNT_TICKETS_VERIFIED);
    }

    if (ngx_http_usher_is_draining()) {
        return ngx_http_usher_refuse_new(r);
    }

    if (ngx_http_usher_may_open(r, &ctx->session, &entry) != NGX_OK) {
        return ngx_http_usher_refuse_entry(r, &entry);
    }

    ngx_http_usher_count(r, USHER_COUNT_OPENED);

    return ngx_http_usher_redirect(r, decision);
}


/* for the main request, and for a subrequest into the same event only */

ngx_uint_t
ngx_http_usher_is_admitted(ngx_http_request_t *r)
{
    ngx_http_usher_ctx_t  *ctx;

    ctx = ngx_http_usher_get_ctx(r);

    if (ctx == NULL || ctx->verdict != NGX_HTTP_USHER_ADMITTED) {
        return 0;
    }

    if (r == r->main) {
        return 1;
    }

    return !ctx->session.one_path
           && usher_session_covers(&ctx->session, ngx_http_usher_view(&r->uri));
}
