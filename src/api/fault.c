#include "api/call.h"

/* Requests that http/ refuses without having read them whole. */

static const struct {
    int api, detail;
} faults[] = {
    [HTTP_BODY_TOO_LARGE] = { DLF_3051_TOO_LARGE, DET_LARGER },
    [HTTP_BODY_BUDGET] = { APIGW_0613, DET_BODY_BUDGET },
    [HTTP_ANSWER_BUDGET] = { APIGW_0613, DET_ANSWER_BUDGET },
    [HTTP_TARGET_TOO_LONG] = { APIGW_0201_TARGET, DET_TARGET_LONG },
    [HTTP_HEADERS_TOO_LARGE] = { APIGW_0201_HEADERS, DET_HEADERS_LARGE },
    [HTTP_TOO_MANY_HEADERS] = { APIGW_0201_HEADERS, DET_HEADERS_MANY },
    [HTTP_BAD_LINE] = { APIGW_0201, DET_REQUEST_LINE },
    [HTTP_BAD_VERSION] = { APIGW_0201, DET_HTTP_VERSION },
    [HTTP_BAD_NAME] = { APIGW_0201, DET_HEADER_NAME },
    [HTTP_BAD_BYTE] = { APIGW_0201, DET_HEAD_BYTE },
    [HTTP_BAD_LENGTH] = { APIGW_0201, DET_LENGTH },
    [HTTP_TWO_LENGTHS] = { APIGW_0201, DET_TWO_LENGTHS },
    [HTTP_LENGTH_AND_CODING] = { APIGW_0201, DET_LENGTH_AND_CODING },
    [HTTP_BAD_CODING] = { APIGW_0201, DET_CODING },
    [HTTP_BAD_CHUNK] = { APIGW_0201, DET_CHUNK },
    [HTTP_BAD_HOST] = { APIGW_0201, DET_HOST },
    [HTTP_FOREIGN_HOST] = { APIGW_0306, DET_FOREIGN_HOST },
    [HTTP_FOREIGN_ORIGIN] = { APIGW_0306, DET_FOREIGN_ORIGIN },
};

void call_refuse(struct call *c, enum http_fault why)
{
    int api = faults[why].api;

    if (api == DLF_3051_TOO_LARGE && !c->admitted)
        api = APIGW_0201_BODY;
    err_set(&c->err, E_INVALID, api, faults[why].detail, "body", NUM(c->http->body_max));
    c->code = NULL; /* of the answer that it replaces */
    call_fail(c);
}
