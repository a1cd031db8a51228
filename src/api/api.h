#ifndef API_API_H
#define API_API_H

#include "catalog/catalog.h"
#include "http/http.h"

/*
 * The HTTP API: requests become calls of the catalogue, and what comes of them
 * becomes answers, errors in the contract's form.
 */
enum detail_mode { DETAIL_BODY, DETAIL_HEADER, DETAIL_OFF }; /* decision 18 */

struct api {
    struct catalog *catalog;
    enum detail_mode detail_mode;
};

/* The application for http_start(); `api` must outlive the server. */
struct http_app api_app(struct api *api);

/* The application that serves GET /metrics, on a listener of its own. */
struct http_app api_metrics_app(void);

#endif
