/* What becomes of an object of an import: every combination of what matters. */
#include "base/limits.h"
#include "import/import_int.h"
#include "unit/t.h"

/* What is held under the item's name. */
enum holding { NONE, SAME, OTHER, OTHER_TYPE, HOLDINGS };

/* One row of the table below, and all that it leaves open. */
struct situation {
    enum kind kind;
    enum holding holding;
    bool overwrite, submit, secret, full, second_dli;
};

static const enum kind kinds[] = { KIND_JOB, KIND_SCRIPT, KIND_RESOURCE, KIND_CONNECTION,
                                   KIND_CDM_JOB };

static struct import_decision decide(const struct situation *s)
{
    const struct secret secrets[] = { { STR("path"), s->secret ? STR("x") : STR_NONE } };
    struct object object = { .id = s->holding != NONE };
    struct import_held held = { .object = &object, .jobs = 3, .scripts = 3 };
    struct import_options options = { .overwrite = s->overwrite };
    struct import_item item = { .sha256 = { 1 } };

    object.sha256[0] = s->holding == SAME ? 1 : 2;
    object.facts.location = s->holding == OTHER_TYPE ? STR("DWS") : STR("DLI");
    item.facts.location = STR("DLI");
    item.save = (struct save){ .kind = s->kind,
                               .facts = &item.facts,
                               .submit = s->submit,
                               .quota = s->full ? 3 : 4,
                               .secrets = secrets,
                               .n_secrets = 1 };
    held.dli = s->second_dli;
    return import_decide(&held, &item, &options);
}

/* The rules, once more and in other words: the first that fits. */
static struct import_decision expected(const struct situation *s)
{
    bool is_connection = s->kind == KIND_CONNECTION;

    if (s->holding == NONE && s->full)
        return (struct import_decision){ .action = IMPORT_ERROR, .ec = E_LIMIT };
    if (s->holding == NONE && is_connection && s->second_dli)
        return (struct import_decision){
            .action = IMPORT_ERROR, .ec = E_EXISTS, .api = DLF_6271, .detail = DET_ONE_DLI
        };
    if (s->holding == NONE)
        return (struct import_decision){ .action = IMPORT_CREATE, .writes = true };
    if (!s->overwrite)
        return (struct import_decision){ .action = s->holding == SAME ? IMPORT_SAME
                                                                      : IMPORT_SKIP };
    if (s->holding == OTHER_TYPE && is_connection)
        return (struct import_decision){ .action = IMPORT_ERROR,
                                         .ec = E_INVALID,
                                         .api = DLF_6323 };
    if (s->holding == SAME && !s->secret)
        return (struct import_decision){ .action = IMPORT_SAME, .writes = s->submit };
    return (struct import_decision){ .action = IMPORT_OVERWRITE, .writes = true };
}

static void check_situation(const struct situation *s)
{
    struct import_decision got = decide(s), want = expected(s);

    t_row("kind %d, holding %d, overwrite %d, submit %d, secret %d, full %d, dli %d",
          s->kind, s->holding, s->overwrite, s->submit, s->secret, s->full,
          s->second_dli);
    assert_int_equal(got.action, want.action);
    assert_int_equal(got.writes, want.writes);
    assert_int_equal(got.ec, want.ec);
    assert_int_equal(got.api, want.api);
    assert_int_equal(got.detail, want.detail);
}

static void test_every_combination(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        for (int holding = 0; holding < HOLDINGS; holding++)
            for (int bits = 0; bits < 32; bits++)
                check_situation(&(struct situation){ .kind = kinds[k],
                                                     .holding = (enum holding)holding,
                                                     .overwrite = bits & 1,
                                                     .submit = bits & 2,
                                                     .secret = bits & 4,
                                                     .full = bits & 8,
                                                     .second_dli = bits & 16 });
    t_rows_end();
}

/* The rows that people look for, one by one. */
static void test_decisions(void **state)
{
    static const struct {
        struct situation s;
        enum import_action action;
        bool writes;
        int api;
    } rows[] = {
        { { .kind = KIND_JOB, .holding = NONE }, IMPORT_CREATE, true, 0 },
        { { .kind = KIND_JOB, .holding = SAME }, IMPORT_SAME, false, 0 },
        { { .kind = KIND_JOB, .holding = OTHER }, IMPORT_SKIP, false, 0 },
        { { .kind = KIND_JOB, .holding = SAME, .secret = true }, IMPORT_SAME, false, 0 },
        { { .kind = KIND_JOB, .holding = SAME, .overwrite = true },
          IMPORT_SAME,
          false,
          0 },
        { { .kind = KIND_JOB, .holding = SAME, .overwrite = true, .submit = true },
          IMPORT_SAME,
          true,
          0 },
        { { .kind = KIND_JOB, .holding = SAME, .overwrite = true, .secret = true },
          IMPORT_OVERWRITE,
          true,
          0 },
        { { .kind = KIND_JOB, .holding = OTHER, .overwrite = true },
          IMPORT_OVERWRITE,
          true,
          0 },
        { { .kind = KIND_JOB, .holding = OTHER, .overwrite = true, .full = true },
          IMPORT_OVERWRITE,
          true,
          0 },
        { { .kind = KIND_SCRIPT, .holding = OTHER_TYPE, .overwrite = true },
          IMPORT_OVERWRITE,
          true,
          0 },
        { { .kind = KIND_SCRIPT, .holding = NONE, .full = true },
          IMPORT_ERROR,
          false,
          0 },
        { { .kind = KIND_CONNECTION, .holding = OTHER_TYPE }, IMPORT_SKIP, false, 0 },
        { { .kind = KIND_CONNECTION, .holding = OTHER_TYPE, .overwrite = true },
          IMPORT_ERROR,
          false,
          DLF_6323 },
        { { .kind = KIND_CONNECTION, .holding = NONE, .second_dli = true },
          IMPORT_ERROR,
          false,
          DLF_6271 },
        { { .kind = KIND_CONNECTION,
            .holding = OTHER,
            .overwrite = true,
            .second_dli = true },
          IMPORT_OVERWRITE,
          true,
          0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct import_decision d = decide(&rows[i].s);

        t_row("%zu", i);
        assert_int_equal(d.action, rows[i].action);
        assert_int_equal(d.writes, rows[i].writes);
        assert_int_equal(d.api, rows[i].api);
    }
    t_rows_end();
}

static void test_no_quota_is_never_full(void **state)
{
    struct object none = { .id = 0 };
    struct import_held held = { .object = &none, .jobs = INT64_MAX };
    struct import_item item = { .save = { .kind = KIND_JOB } };
    struct import_options options = { .overwrite = false };

    (void)state;
    assert_int_equal(import_decide(&held, &item, &options).action, IMPORT_CREATE);
}

static void test_a_fault_of_its_own_stays(void **state)
{
    struct object none = { .id = 0 };
    struct import_held held = { .object = &none };
    struct import_item item = { .save = { .kind = KIND_JOB },
                                .fault = { .ec = E_LIMIT } };
    struct import_options options = { .overwrite = true };
    struct import_decision d = import_decide(&held, &item, &options);

    (void)state;
    assert_int_equal(d.action, IMPORT_ERROR);
    assert_false(d.writes);
    assert_int_equal(d.ec, 0);
}

/* Each item that is created takes room from those after it; no other does. */
static void test_items_count_for_those_after_them(void **state)
{
    struct object object = { .id = 0 };
    struct import_held held = { .object = &object, .jobs = 1 };
    struct import_item job = { .save = { .kind = KIND_JOB, .quota = 2 } };
    struct import_item dli = { .save = { .kind = KIND_CONNECTION },
                               .facts = { .location = STR("DLI") } };
    struct import_options options = { .overwrite = true };
    struct import_decision d = import_decide(&held, &job, &options);

    (void)state;
    assert_int_equal(d.action, IMPORT_CREATE);
    import_count(&held, &job, &d);
    assert_int_equal(held.jobs, 2);
    d = import_decide(&held, &job, &options);
    assert_int_equal(d.ec, E_LIMIT);
    import_count(&held, &job, &d);
    assert_int_equal(held.jobs, 2);
    d = import_decide(&held, &dli, &options);
    import_count(&held, &dli, &d);
    assert_true(held.dli);
    assert_int_equal(import_decide(&held, &dli, &options).api, DLF_6271);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_combination),
    cmocka_unit_test(test_decisions),
    cmocka_unit_test(test_no_quota_is_never_full),
    cmocka_unit_test(test_a_fault_of_its_own_stays),
    cmocka_unit_test(test_items_count_for_those_after_them),
};
T_MAIN(tests)
