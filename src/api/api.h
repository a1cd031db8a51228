#ifndef API_API_H
#define API_API_H

#include <stdatomic.h>

#include "auth/auth.h"
#include "catalog/catalog.h"
#include "http/http.h"
#include "import/import.h"
#include "obs/obs.h"

/*
 * The HTTP API: turns requests into calls of the catalogue, and their results and errors
 * into answers in the documented form.
 */
enum detail_mode {
    DETAIL_BODY,
    DETAIL_HEADER,
    DETAIL_OFF
}; /* where an error's detail goes */

struct api {
    struct catalog *catalog;
    struct auth *auth; /* NULL: --auth off */
    enum detail_mode detail_mode;
    struct obs *obs;                    /* where archives are put */
    struct workers *workers;            /* for what takes long there */
    struct imports *imports;            /* and the runner of their tasks */
    atomic_int_fast64_t last_export_ms; /* the last that names an object */
    const char *region;
    const char *public_url;  /* "": told by the Host that a client names */
    bool tls;                /* its scheme, then, is https */
    const char *audit_path;  /* "": there is no audit log */
    struct audit_log *audit; /* NULL: likewise */
};

/* Opens the audit log, if there is to be one.  E_IO: the error's first text says why. */
int audit_open(struct api *api, struct err *err) MUST_CHECK;

/* Opens its file anew, soon, after somebody has renamed it. */
void audit_reopen(struct api *api);

/* Closes the audit log.  Call it when no requests and no workers are left, while the
 * store is still open. */
void audit_close(struct api *api);

/* The application for http_start(); `api` must outlive the server. */
struct http_app api_app(struct api *api);

/* The application that serves GET /metrics, on a listener of its own. */
struct http_app api_metrics_app(void);

#endif
