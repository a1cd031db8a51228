/* Definitions: shared by content, swept when nobody has them, read whole and in parts. */
#include "base/limits.h"
#include "unit/store/conformance.h"

static void test_same_content_is_one_blob(void **state)
{
    struct world *w = *state;
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .content = "same"), &w->err);
    assert_ok(SAVE(w, .name = "b", .content = "same"), &w->err);
    assert_ok(SAVE(w, .name = "a", .content = "same", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "a", .content = "same", .project = "q"), &w->err);
    assert_ok(SAVE(w, .name = "c", .content = "other"), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_int_equal(FIND(w, .name = "b").blob, blob);
    assert_int_equal(FIND(w, .name = "a", .kind = KIND_SCRIPT).blob, blob);
    assert_int_equal(FIND(w, .name = "a", .project = "q").blob, blob);
    assert_int_not_equal(FIND(w, .name = "c").blob, blob);
}

static void test_a_blob_is_swept_when_its_last_user_is_gone(void **state)
{
    struct world *w = *state;
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .content = "same"), &w->err);
    assert_ok(SAVE(w, .name = "b", .content = "same", .project = "q"), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_int_equal(sweep(w, LATER), 0);
    assert_true(blob_is_held(w, blob));
    assert_ok(REMOVE(w, .name = "b", .project = "q"), &w->err);
    assert_true(blob_is_held(w, blob)); /* until it is swept */
    assert_int_equal(sweep(w, LATER), 1);
    assert_false(blob_is_held(w, blob));
    assert_int_equal(sweep(w, LATER), 0);
}

static void test_a_replaced_blob_is_swept(void **state)
{
    struct world *w = *state;
    struct object old;

    assert_ok(SAVE(w, .name = "a", .content = "old"), &w->err);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    assert_int_equal(sweep(w, LATER), 1);
    assert_false(blob_is_held(w, old.blob));
    old = FIND(w, .name = "a");
    assert_content(w, &old, "new");
}

static void test_a_blob_that_is_used_again_is_kept(void **state)
{
    struct world *w = *state;
    struct object old;
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .content = "same"), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "b", .content = "same"), &w->err); /* by a new object */
    assert_int_equal(FIND(w, .name = "b").blob, blob);
    assert_int_equal(sweep(w, LATER), 0);
    old = FIND(w, .name = "b");
    assert_ok(SAVE(w, .name = "b", .content = "new", .old = &old), &w->err);
    old = FIND(w, .name = "b");
    assert_ok(SAVE(w, .name = "b", .content = "same", .old = &old),
              &w->err); /* by an update */
    assert_int_equal(FIND(w, .name = "b").blob, blob);
    assert_int_equal(sweep(w, LATER), 1);
    assert_true(blob_is_held(w, blob));
}

static void test_the_sweep_respects_the_age(void **state)
{
    struct world *w = *state;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_int_equal(sweep(w, -3600000), 0);
    next_ms();
    assert_int_equal(sweep(w, -60000), 0);
    assert_int_equal(sweep(w, 0), 1);
}

static void test_the_sweep_goes_in_batches(void **state)
{
    enum { N = SWEEP_BATCH + 50 };
    struct world *w = *state;

    assert_ok(new_workspace(w, "p", "keep"), &w->err);
    assert_ok(SAVE(w, .name = "j7", .workspace = w->workspace), &w->err);
    create_jobs(w, N);
    assert_ok(delete_workspace(w, "p", "default", true), &w->err);
    assert_int_equal(sweep(w, LATER), SWEEP_BATCH);
    assert_int_equal(sweep(w, LATER), N - SWEEP_BATCH - 1);
    assert_int_equal(sweep(w, LATER), 0);
}

static void test_blobs_come_in_the_order_asked_for(void **state)
{
    enum { N = 200 };
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB), want = BUF_INIT(MIB);
    int64_t blobs[N + 1];

    create_jobs(w, N);
    buf_adds(&out, "before ");
    buf_adds(&want, "before ");
    for (int i = 0; i < N; i++) {
        char name[16];

        snprintf(name, sizeof(name), "j%d", i * 37 % N);
        buf_adds(&want, name); /* too short to be deflated */
        blobs[i] = FIND(w, .name = name).blob;
    }
    blobs[N] = blobs[0]; /* twice */
    buf_adds(&want, "j0");
    assert_ok(store_blobs(w->store, blobs, N + 1, &out, &w->err), &w->err);
    assert_bytes(buf_str(&out), buf_str(&want));
    assert_ok(store_blobs(w->store, blobs, 0, &out, &w->err), &w->err);
    assert_bytes(buf_str(&out), buf_str(&want));
    buf_release(&out);
    buf_release(&want);
}

static void test_a_blob_that_is_gone_is_an_error(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    int64_t blobs[3];

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    blobs[0] = FIND(w, .name = "a").blob;
    blobs[2] = FIND(w, .name = "b").blob;
    for (int64_t none = -1; none <= 1; none++) {
        blobs[1] = none * 1000000;
        assert_fails(store_blobs(w->store, blobs, 3, &out, &w->err), E_INTERNAL, &w->err);
        err_clear(&w->err);
        assert_fails(store_blobs(w->store, &blobs[1], 1, &out, &w->err), E_INTERNAL,
                     &w->err);
        err_clear(&w->err);
    }
    buf_release(&out);
}

static void test_an_empty_content_is_a_blob_too(void **state)
{
    struct world *w = *state;
    struct object o;

    assert_ok(SAVE(w, .name = "a", .content = ""), &w->err);
    o = FIND(w, .name = "a");
    assert_int_equal(o.raw_size, 0);
    assert_content(w, &o, "");
}

/* `n` bytes that do not deflate. */
static void noise(struct buf *b, size_t n)
{
    uint32_t x = 7;

    for (; n; n--, x = x * 1664525 + 1013904223)
        buf_addc(b, (char)(x >> 24 ? x >> 24 : 1));
    buf_cstr(b);
}

static void test_a_blob_is_read_part_by_part(void **state)
{
    static const uint32_t steps[] = { 1000, 4096, 65536, 299000, 300000 };
    struct world *w = *state;
    struct buf content = BUF_INIT(MIB), whole = BUF_INIT(MIB), out = BUF_INIT(MIB);
    struct object o;

    noise(&content, 300000);
    assert_ok(SAVE(w, .name = "a", .content = buf_cstr(&content)), &w->err);
    o = FIND(w, .name = "a");
    assert_ok(store_blobs(w->store, &o.blob, 1, &whole, &w->err), &w->err);
    assert_int_equal(whole.len, o.stored_size);
    assert_true(o.stored_size > 299000);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        buf_clear(&out);
        for (uint32_t at = 0; at < o.stored_size; at += steps[i]) {
            uint32_t left = o.stored_size - at, n = left < steps[i] ? left : steps[i];

            assert_ok(store_blob_part(w->store, o.blob, at, n, &out, &w->err), &w->err);
        }
        assert_bytes(buf_str(&out), buf_str(&whole));
    }
    buf_clear(&out);
    assert_ok(store_blob_part(w->store, o.blob, o.stored_size, 0, &out, &w->err),
              &w->err);
    assert_int_equal(out.len, 0);
    buf_release(&content);
    buf_release(&whole);
    buf_release(&out);
}

static void test_a_part_that_is_not_there_is_an_error(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .content = "12345"), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_int_not_equal(store_blob_part(w->store, blob, 3, 3, &out, &w->err), 0);
    err_clear(&w->err);
    assert_int_not_equal(store_blob_part(w->store, blob, 6, 1, &out, &w->err), 0);
    err_clear(&w->err);
    assert_fails(store_blob_part(w->store, 1000000, 0, 1, &out, &w->err), E_IO, &w->err);
    err_clear(&w->err);
    assert_int_equal(out.len, 0);
    assert_ok(store_blob_part(w->store, blob, 2, 3, &out, &w->err), &w->err);
    assert_str(buf_str(&out), "345");
    buf_release(&out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_same_content_is_one_blob),
    cmocka_unit_test(test_a_blob_is_swept_when_its_last_user_is_gone),
    cmocka_unit_test(test_a_replaced_blob_is_swept),
    cmocka_unit_test(test_a_blob_that_is_used_again_is_kept),
    cmocka_unit_test(test_the_sweep_respects_the_age),
    cmocka_unit_test(test_the_sweep_goes_in_batches),
    cmocka_unit_test(test_blobs_come_in_the_order_asked_for),
    cmocka_unit_test(test_a_blob_that_is_gone_is_an_error),
    cmocka_unit_test(test_an_empty_content_is_a_blob_too),
    cmocka_unit_test(test_a_blob_is_read_part_by_part),
    cmocka_unit_test(test_a_part_that_is_not_there_is_an_error),
};
CONFORMANCE_MAIN(tests)
