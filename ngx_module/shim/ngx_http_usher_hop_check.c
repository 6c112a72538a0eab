
/*
 * A shield or origin answers boxes of its fleet and nobody else.
 */

#include "ngx_http_usher_hop.h"


static ngx_int_t ngx_http_usher_hop_loop(ngx_http_request_t *r,
    ngx_http_usher_hop_srv_conf_t *uhcf);
static ngx_int_t ngx_http_usher_hop_verify(ngx_http_request_t *r,
    ngx_http_usher_ctx_t *ctx, ngx_http_usher_hop_srv_conf_t *uhcf,
    usher_view_t header);
static ngx_int_t ngx_http_usher_hop_refuse(ngx_http_request_t *r,
    ngx_int_t refusal);
static usher_view_t ngx_http_usher_hop_take(ngx_http_request_t *r);


/*
 * Of a main request, once it is canonical: NGX_DECLINED where it may go on.
 * The header leaves the request here, before an upstream or a log has it.
 */

ngx_int_t
ngx_http_usher_hop_check(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx)
{
    ngx_int_t                       refusal;
    usher_view_t                    header;
    ngx_http_usher_hop_srv_conf_t  *uhcf;

    uhcf = ngx_http_get_module_srv_conf(r, ngx_http_usher_hop_module);

    if (uhcf->secrets == NULL) {
        return NGX_DECLINED;
    }

    header = ngx_http_usher_hop_take(r);

    refusal = ngx_http_usher_hop_loop(r, uhcf);

    if (refusal != NGX_OK) {
        return refusal;
    }

    return uhcf->required ? ngx_http_usher_hop_verify(r, ctx, uhcf, header)
                          : NGX_DECLINED;
}


static ngx_int_t
ngx_http_usher_hop_loop(ngx_http_request_t *r,
    ngx_http_usher_hop_srv_conf_t *uhcf)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_usher_is_header(&h[i], "cdn-loop")
                && usher_cdn_passed(ngx_http_usher_view(&h[i].value),
                                    ngx_http_usher_view(&uhcf->cdn_id)))
            {
                return ngx_http_usher_finish(r,
                           ngx_http_usher_hop_refuse(r, usher_hop_loop));
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_usher_hop_verify(ngx_http_request_t *r, ngx_http_usher_ctx_t *ctx,
    ngx_http_usher_hop_srv_conf_t *uhcf, usher_view_t header)
{
    usher_hop_t                      hop;
    usher_hop_message_t              message;
    ngx_http_usher_hop_zone_t       *zone;
    ngx_http_usher_main_conf_t      *umcf;
    ngx_http_usher_hop_main_conf_t  *uhmcf;

    umcf = ngx_http_get_module_main_conf(r, ngx_http_usher_module);
    uhmcf = ngx_http_get_module_main_conf(r, ngx_http_usher_hop_module);
    zone = uhmcf->zone->data;

    ngx_memzero(&message, sizeof(usher_hop_message_t));

    message.method = ngx_http_usher_view(&r->method_name);
    message.host = ngx_http_usher_view(&r->headers_in.server);
    message.path = ngx_http_usher_view(&r->uri);
    message.args = ngx_http_usher_view(&r->args);

    ngx_shmtx_lock(&zone->shpool->mutex);
    usher_hop_check(uhcf->secrets, umcf->secrets, &message, header,
                    zone->nonces, zone->size, ngx_time(), &hop);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    switch (hop.verdict) {

    case USHER_HOP_GOOD:
        break;

    case USHER_HOP_DENIED:
        return ngx_http_usher_finish(r,
                   ngx_http_usher_refuse(r, hop.denial, "key by hop"));

    default: /* USHER_HOP_REFUSED */
        return ngx_http_usher_finish(r,
                   ngx_http_usher_hop_refuse(r, hop.refusal));
    }

    if (ctx->credential.len == 0) {
        ctx->credential = ngx_http_usher_str(hop.credential);
    }

    ctx->signed_body = hop.has_body;
    ngx_memcpy(ctx->body_digest, hop.body, sizeof(hop.body));

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_usher_hop_refuse(ngx_http_request_t *r, ngx_int_t refusal)
{
    const char  *code;

    code = usher_hop_code(refusal);

    usher_traffic_hop_refused(ngx_http_usher_traffic(r), refusal);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "usher: refused, %s",
                  code);

    return ngx_http_usher_problem(r, usher_hop_status(refusal), code,
                                  usher_hop_sentence(refusal));
}


/* from a content handler, whose result this is */

ngx_int_t
ngx_http_usher_hop_refuse_body(ngx_http_request_t *r)
{
    return ngx_http_usher_hop_refuse(r, usher_hop_invalid);
}


/* whether a key POST is what its header was signed for */

ngx_uint_t
ngx_http_usher_hop_covers(ngx_http_request_t *r, const ngx_str_t *body)
{
    ngx_http_usher_ctx_t           *ctx;
    ngx_http_usher_hop_srv_conf_t  *uhcf;

    uhcf = ngx_http_get_module_srv_conf(r, ngx_http_usher_hop_module);
    ctx = ngx_http_usher_get_ctx(r);

    if (!uhcf->required) {
        return 1;
    }

    return ctx && ctx->signed_body
           && usher_hop_body_matches(ctx->body_digest,
                                     ngx_http_usher_view(body));
}


/* the only one of that name, which then reads as empty */

static usher_view_t
ngx_http_usher_hop_take(ngx_http_request_t *r)
{
    ngx_uint_t        i, n;
    usher_view_t      header, none = { NULL, 0 };
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    header = none;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_usher_is_header(&h[i], "usher-hop")) {
                header = ngx_http_usher_view(&h[i].value);
                h[i].value.len = 0;
                n++;
            }
        }
    }

    return n == 1 ? header : none;
}
