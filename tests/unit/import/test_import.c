/* An import while others change the catalogue: what its task tells is what was written.
 */
#include <unistd.h>

#include "base/limits.h"
#include "fuzz/archive.h"
#include "import/import_int.h"
#include "tasks/tasks.h"
#include "unit/world.h"

#define SCRIPT(name, content)                                                            \
    "{\"name\":\"" name                                                                  \
    "\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":\"" content "\"}"

struct fixture {
    struct world w; /* first, for the helpers */
    struct import_options options;
    struct import *im;
    int fd;
    struct tasks *tasks;
    struct task task;
};

/* Reads an archive of the scripts a and b, and begins a task. */
static int set_up(void **state)
{
    static const struct file files[] = { { STR("a.script"), STR(SCRIPT("a", "new")) },
                                         { STR("b.script"), STR(SCRIPT("b", "new")) } };
    struct fixture *f = calloc(1, sizeof(*f));
    struct world *w = &f->w;
    struct import_request request = { .kind = TASK_IMPORT_JOBS, .options = &f->options };
    struct buf bytes = BUF_INIT(MIB);

    *state = f;
    if (world_open(w, (struct store_options){ WORLD_OPTIONS }))
        return -1;
    w->place.cluster = STR("");
    request.place = w->place;
    archive_of(files, COUNT_OF(files), &bytes);
    f->fd = file_of(buf_str(&bytes));
    buf_release(&bytes);
    if (tasks_open(&f->tasks, &w->catalog, 1, false, &w->err))
        return -1;
    task_init(&f->task, f->tasks);
    if (task_begin(&f->task, &w->place, TASK_IMPORT_JOBS, STR("obs://b/k"), STR(""),
                   &w->err))
        return -1;
    return import_read(&f->im, &w->catalog, &request, f->fd, &w->err);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    import_free(f->im);
    tasks_close(f->tasks);
    close(f->fd);
    world_close(&f->w);
    free(f);
    return 0;
}

static void save_script(struct fixture *f, const char *key, const char *json)
{
    struct world *w = &f->w;

    assert_ok(save_json(&w->catalog, &w->place, KIND_SCRIPT, key ? str_of(key) : STR_NONE,
                        json, &w->err),
              &w->err);
}

/* The report is made by the last look, and then the transaction runs. */
static int write_now(struct fixture *f, bool *is_stale)
{
    struct buf report = BUF_INIT(MIB);
    struct task_end end;
    int rc;

    import_report(f->im, false, &report);
    task_end_init(&end);
    end.id = f->task.id;
    end.report = buf_str(&report);
    rc = import_write(f->im, &end, STR(""), is_stale, &f->w.err);
    buf_release(&report);
    return rc;
}

static void assert_task(struct fixture *f, const char *status, const char *counts)
{
    struct world *w = &f->w;
    struct buf json = BUF_INIT(MIB);

    assert_ok(
        task_show(&w->catalog, &w->place, str_of(f->task.uid), LANG_EN, &json, &w->err),
        &w->err);
    if (!str_has(buf_str(&json), status) || !str_has(buf_str(&json), counts))
        fail_msg("%s", buf_cstr(&json));
    buf_release(&json);
}

static int64_t held_script(struct fixture *f, const char *name)
{
    return FIND(&f->w, .name = name, .kind = KIND_SCRIPT).id;
}

static void test_a_name_that_came_into_use(void **state)
{
    struct fixture *f = *state;
    bool is_stale;

    assert_ok(import_look(f->im, &f->w.err), &f->w.err);
    save_script(f, NULL, SCRIPT("b", "another"));
    assert_int_equal(write_now(f, &is_stale), E_BUSY);
    assert_true(is_stale);
    assert_int_equal(held_script(f, "a"), 0);
    assert_task(f, "\"status\":\"RUNNING\"", "");
    assert_ok(import_run(f->im, f->task.id, &f->w.err), &f->w.err);
    assert_true(held_script(f, "a"));
    assert_task(f, "\"status\":\"SUCCESSFUL\"",
                "{\"create\":1,\"overwrite\":0,\"skip\":1,\"same\":0,\"error\":0}");
}

static void test_a_name_that_became_free(void **state)
{
    struct fixture *f = *state;
    bool is_stale;

    save_script(f, NULL, SCRIPT("b", "another"));
    assert_ok(import_look(f->im, &f->w.err), &f->w.err);
    assert_ok(REMOVE(&f->w, .name = "b", .kind = KIND_SCRIPT), &f->w.err);
    assert_int_equal(write_now(f, &is_stale), E_BUSY);
    assert_true(is_stale);
    assert_ok(import_run(f->im, f->task.id, &f->w.err), &f->w.err);
    assert_task(f, "\"status\":\"SUCCESSFUL\"",
                "{\"create\":2,\"overwrite\":0,\"skip\":0,\"same\":0,\"error\":0}");
}

/* What was decided holds: it is overwritten, whatever it has become. */
static void test_a_definition_that_changed(void **state)
{
    struct fixture *f = *state;
    bool is_stale;

    f->options.overwrite = true;
    save_script(f, NULL, SCRIPT("b", "old"));
    assert_ok(import_look(f->im, &f->w.err), &f->w.err);
    save_script(f, "b", SCRIPT("b", "newer"));
    assert_ok(write_now(f, &is_stale), &f->w.err);
    assert_false(is_stale);
    assert_task(f, "\"status\":\"SUCCESSFUL\"",
                "{\"create\":1,\"overwrite\":1,\"skip\":0,\"same\":0,\"error\":0}");
}

static void test_a_workspace_that_became_full(void **state)
{
    struct fixture *f = *state;
    bool is_stale;

    for (size_t i = 0; i < f->im->n; i++)
        f->im->items[i]->save.quota = 2;
    assert_ok(import_look(f->im, &f->w.err), &f->w.err);
    save_script(f, NULL, SCRIPT("z", "another"));
    assert_int_equal(write_now(f, &is_stale), E_BUSY);
    assert_true(is_stale);
    assert_ok(import_run(f->im, f->task.id, &f->w.err), &f->w.err);
    assert_int_equal(held_script(f, "a"), 0);
    assert_task(f, "\"status\":\"FAILED\"",
                "{\"create\":0,\"overwrite\":0,\"skip\":0,\"same\":0,\"error\":1}");
}

/* Of a workspace with room for one script the first is imported; another look, when there
 * is room again, finds no fault with the second. */
static void test_a_fault_that_is_gone_at_the_next_look(void **state)
{
    struct fixture *f = *state;

    f->options.carry_on = true;
    for (size_t i = 0; i < f->im->n; i++)
        f->im->items[i]->save.quota = 2;
    save_script(f, NULL, SCRIPT("z", "another"));
    assert_ok(import_look(f->im, &f->w.err), &f->w.err);
    assert_int_equal(f->im->items[1]->fault.api, DLF_6253);
    assert_ok(REMOVE(&f->w, .name = "z", .kind = KIND_SCRIPT), &f->w.err);
    assert_ok(import_run(f->im, f->task.id, &f->w.err), &f->w.err);
    assert_true(held_script(f, "a") && held_script(f, "b"));
    assert_task(f, "\"status\":\"SUCCESSFUL\"",
                "{\"create\":2,\"overwrite\":0,\"skip\":0,\"same\":0,\"error\":0}");
}

#define WITH_IMPORT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    WITH_IMPORT(test_a_name_that_came_into_use),
    WITH_IMPORT(test_a_name_that_became_free),
    WITH_IMPORT(test_a_definition_that_changed),
    WITH_IMPORT(test_a_workspace_that_became_full),
    WITH_IMPORT(test_a_fault_that_is_gone_at_the_next_look),
};
T_MAIN(tests)
