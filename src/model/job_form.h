#ifndef MODEL_JOB_FORM_H
#define MODEL_JOB_FORM_H

#include "model/rules.h"
#include "model/names.h"

/*
 * Private to model/: the members of a job, as tables.
 */
#define CUSTOM_FIELDS_MAX 2048

extern const struct form job_form;
extern const struct form node_form;
extern const struct form depend_jobs_form;

#endif
