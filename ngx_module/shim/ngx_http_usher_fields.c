
/*
 * What a request says of itself and of its client, as the engine wants it.
 */

#include "ngx_http_usher_module.h"


static ngx_int_t ngx_http_usher_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, usher_view_t *view);


/* letters, digits and .-_:[] */

static uint32_t  ngx_http_usher_host_characters[] = {
    0x00000000, /* 0000 0000 0000 0000  0000 0000 0000 0000 */

                /* ?>=< ;:98 7654 3210  /.-, +*)( '&%$ #"!  */
    0x07ff6000, /* 0000 0111 1111 1111  0110 0000 0000 0000 */

                /* _^]\ [ZYX WVUT SRQP  ONML KJIH GFED CBA@ */
    0xaffffffe, /* 1010 1111 1111 1111  1111 1111 1111 1110 */

                /*  ~}| {zyx wvut srqp  onml kjih gfed cba` */
    0x07fffffe, /* 0000 0111 1111 1111  1111 1111 1111 1110 */

    0x00000000, 0x00000000, 0x00000000, 0x00000000
};


/* the first header of that name, which is in lower case */

usher_view_t
ngx_http_usher_header(ngx_http_request_t *r, const char *name)
{
    ngx_uint_t        i;
    usher_view_t      none = { NULL, 0 };
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_usher_is_header(&h[i], name)) {
                return ngx_http_usher_view(&h[i].value);
            }
        }
    }

    return none;
}


/* a ticket may stand in one header besides Authorization and Cookie */

usher_view_t
ngx_http_usher_ticket_header(ngx_http_request_t *r)
{
    ngx_uint_t                  n;
    usher_view_t                none = { NULL, 0 };
    ngx_http_usher_loc_conf_t  *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    for (n = 0; n < ulcf->policy.source_count; n++) {
        if (ulcf->policy.sources[n].kind == USHER_SOURCE_HEADER) {
            return ngx_http_usher_header(r, ulcf->policy.sources[n].name.data);
        }
    }

    return none;
}


usher_view_t
ngx_http_usher_scheme(ngx_http_request_t *r)
{
    static const usher_view_t  http = { "http", 4 };

#if (NGX_HTTP_SSL)

    static const usher_view_t  https = { "https", 5 };

    if (r->connection->ssl) {
        return https;
    }

#endif

    return http;
}


/*
 * As the client names this server, port included, for URLs that lead back
 * here; they are written into XML and JSON, so nothing that means something
 * there is let through.
 */

usher_view_t
ngx_http_usher_host(ngx_http_request_t *r)
{
    size_t                     i;
    u_char                     c;
    usher_view_t               host;
    ngx_http_core_srv_conf_t  *cscf;

    host = ngx_http_usher_header(r, "host");

    for (i = 0; i < host.size; i++) {
        c = (u_char) host.data[i];

        if (!(ngx_http_usher_host_characters[c >> 5] & (1U << (c & 0x1f)))) {
            break;
        }
    }

    if (i == host.size && host.size) {
        return host;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    return ngx_http_usher_view(&cscf->server_name);
}


usher_method_t
ngx_http_usher_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
        return USHER_METHOD_GET;

    case NGX_HTTP_HEAD:
        return USHER_METHOD_HEAD;

    case NGX_HTTP_OPTIONS:
        return USHER_METHOD_OPTIONS;

    case NGX_HTTP_POST:
        return USHER_METHOD_POST;

    case NGX_HTTP_DELETE:
        return USHER_METHOD_DELETE;

    default:
        return USHER_METHOD_OTHER;
    }
}


/* in network order; realip has had its say */

usher_view_t
ngx_http_usher_address(ngx_http_request_t *r)
{
    usher_view_t          address = { NULL, 0 };
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (r->connection->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        address.data = (char *) &sin->sin_addr;
        address.size = sizeof(struct in_addr);
        break;

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;
        address.data = (char *) &sin6->sin6_addr;
        address.size = sizeof(struct in6_addr);

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            address.data += sizeof(struct in6_addr) - sizeof(struct in_addr);
            address.size = sizeof(struct in_addr);
        }

        break;

#endif

    default: /* a unix socket */
        break;
    }

    return address;
}


usher_view_t
ngx_http_usher_agent(ngx_http_request_t *r)
{
    usher_view_t  none = { NULL, 0 };

    return r->headers_in.user_agent
           ? ngx_http_usher_view(&r->headers_in.user_agent->value) : none;
}


/* in the location that guards what is asked for: its rules are asked */

ngx_int_t
ngx_http_usher_viewer(ngx_http_request_t *r, usher_viewer_t *viewer)
{
    ngx_http_usher_loc_conf_t  *ulcf;

    ngx_memzero(viewer, sizeof(usher_viewer_t));

    viewer->address = ngx_http_usher_address(r);
    viewer->agent = ngx_http_usher_agent(r);

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_usher_module);

    viewer->scheme = ngx_http_usher_scheme(r);
    viewer->authority = ngx_http_usher_host(r);

    if (ngx_http_usher_value(r, ulcf->country, &viewer->country) != NGX_OK
        || ngx_http_usher_value(r, ulcf->viewer_scheme, &viewer->scheme)
           != NGX_OK
        || ngx_http_usher_value(r, ulcf->viewer_host, &viewer->authority)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* leaves `view` alone where nothing is configured */

static ngx_int_t
ngx_http_usher_value(ngx_http_request_t *r, ngx_http_complex_value_t *cv,
    usher_view_t *view)
{
    ngx_str_t  value;

    if (cv == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, cv, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    *view = ngx_http_usher_view(&value);

    return NGX_OK;
}
