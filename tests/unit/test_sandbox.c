/*
 * The worker's way down, tried in children with what a worker may be started
 * with; what is in force is what the kernel says, and what fails when tried.
 */
#include "unit.h"

#include "process.h"
#include "sandbox.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

#define UID 65534
#define GID 65533
/* Test builds stay open to their own tools. */
#ifdef TEST_BUILD
#define DUMPABLE 1
#else
#define DUMPABLE 0
#endif

#define NET_ADMIN BIT(CAP_NET_ADMIN)

static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};

static struct sandbox_state enter(uid_t uid, gid_t gid)
{
	struct sandbox_state state = {0};
	const char *what = "";
	const int rc = sandbox_enter(uid, gid, &state, &what);

	if (rc != 0)
		fprintf(stderr, "sandbox_enter: %s: %s\n", what, strerror(-rc));
	CHECK(rc == 0);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		CHECK(status_set(sets[i]) == 0);
	CHECK(status_is("NoNewPrivs", "1"));
	CHECK(state.no_capabilities == 1 && state.no_new_privileges == 1);
	CHECK(state.landlock == 0 && state.seccomp == 0);
	return state;
}

/* The verbs of somebody who got in. */
static void check_powerless(void)
{
	CHECK(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) < 0);
	CHECK(errno == EPERM);
	CHECK(unshare(CLONE_NEWNET) < 0 && errno == EPERM);
	CHECK(setgroups(0, NULL) < 0 && errno == EPERM);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) <
	      0);
}

static void root(void)
{
	const gid_t groups[] = {1, 2, 3};

	CHECK(setgroups(3, groups) == 0);

	const struct sandbox_state state = enter(UID, GID);

	CHECK(state.own_user == 1 && state.bounding_emptied == 1);
	CHECK(status_is("Uid", "65534\t65534\t65534\t65534"));
	CHECK(status_is("Gid", "65533\t65533\t65533\t65533"));
	CHECK(status_is("Groups", ""));
	CHECK(status_set("CapBnd") == 0);
	check_powerless();
	CHECK(setresuid(0, 0, 0) < 0 && errno == EPERM);
	CHECK(setresgid(0, 0, 0) < 0 && errno == EPERM);
}

static void root_becomes_a_user_that_owns_nothing(void **state)
{
	(void)state;
	assert_true(holds_in_child(root));
}

static void root_with_ambient(void)
{
	const uint64_t held = status_set("CapPrm");

	set_capabilities(held, held, held);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0,
		    0) == 0);
	/* A user that keeps its capabilities across the change all the same. */
	CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0);
	enter(UID, GID);
	check_powerless();
}

static void nothing_survives_in_the_other_sets(void **state)
{
	(void)state;
	assert_true(holds_in_child(root_with_ambient));
}

static void root_without_setpcap(void)
{
	const uint64_t bounding = status_set("CapBnd");
	const uint64_t held = BIT(CAP_SETUID) | BIT(CAP_SETGID) | NET_ADMIN;

	set_capabilities(held, held, 0);

	const struct sandbox_state state = enter(UID, GID);

	CHECK(state.own_user == 1 && state.bounding_emptied == 0);
	CHECK(status_set("CapBnd") == bounding);
	check_powerless();
}

static void a_bounding_set_that_stays_is_said(void **state)
{
	(void)state;
	assert_true(holds_in_child(root_without_setpcap));
}

static void user_of_a_unit(void)
{
	become_user_with(NET_ADMIN);
	CHECK(status_set("CapAmb") == NET_ADMIN);
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);

	const struct sandbox_state state = enter(0, 0);

	CHECK(state.own_user == 0 && state.bounding_emptied == 0);
	CHECK(status_is("Uid", "65534\t65534\t65534\t65534"));
	CHECK(prctl(PR_GET_DUMPABLE) == DUMPABLE);
	check_powerless();
	CHECK(set_after_exec("CapPrm") == 0);
}

static void a_user_stays_itself_without_capabilities(void **state)
{
	(void)state;
	assert_true(holds_in_child(user_of_a_unit));
}

static void root_in_an_empty_bounding_set(void)
{
	const uint64_t held = BIT(CAP_SETUID) | BIT(CAP_SETGID);

	for (unsigned long i = 0; prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++)
		;
	CHECK(status_set("CapBnd") == 0);
	set_capabilities(held, held, 0);
	CHECK(enter(UID, GID).bounding_emptied == 1);
}

static void a_bounding_set_empty_before_counts(void **state)
{
	(void)state;
	assert_true(holds_in_child(root_in_an_empty_bounding_set));
}

static void exec_as_root(void)
{
	enter(0, 0);
	CHECK(status_is("Uid", "0\t0\t0\t0"));
	/* Not even root's own exec gives anything back. */
	CHECK(set_after_exec("CapPrm") == 0);
}

static void an_exec_gives_nothing_back(void **state)
{
	(void)state;
	assert_true(holds_in_child(exec_as_root));
}

static void check_refusal(uint64_t held, uid_t uid, const char *step)
{
	struct sandbox_state state = {0};
	const struct sandbox_state untouched = {0};
	const char *what = "";

	set_capabilities(held, held, 0);
	CHECK(sandbox_enter(uid, GID, &state, &what) == -EPERM);
	CHECK(strcmp(what, step) == 0);
	CHECK(memcmp(&state, &untouched, sizeof(state)) == 0);
}

static void no_setgid(void)
{
	check_refusal(BIT(CAP_SETUID), UID, "setgroups");
}

static void no_setuid(void)
{
	check_refusal(BIT(CAP_SETGID), UID, "setresuid");
}

static void a_step_that_fails_is_named(void **state)
{
	(void)state;
	assert_true(holds_in_child(no_setgid));
	assert_true(holds_in_child(no_setuid));
}

static void without_proc(void)
{
	const uid_t wanted = UID;
	struct sandbox_state state = {0};
	const char *what = "";
	uid_t uid = 0, effective = 0, saved = 0;

	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
	CHECK(sandbox_enter(UID, GID, &state, &what) == 0);
	CHECK(getresuid(&uid, &effective, &saved) == 0);
	CHECK(uid == wanted && effective == wanted && saved == wanted);
	CHECK(state.bounding_emptied == 1);
	CHECK(prctl(PR_CAPBSET_READ, CAP_NET_ADMIN) == 0);
	check_powerless();
}

static void it_works_without_proc(void **state)
{
	(void)state;
	assert_true(holds_in_child(without_proc));
}

static int must_be_root(void **state)
{
	(void)state;
	if (geteuid() == 0)
		return 0;
	fputs("test_sandbox must run as root\n", stderr);
	return -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_becomes_a_user_that_owns_nothing),
		cmocka_unit_test(nothing_survives_in_the_other_sets),
		cmocka_unit_test(a_bounding_set_that_stays_is_said),
		cmocka_unit_test(a_user_stays_itself_without_capabilities),
		cmocka_unit_test(a_bounding_set_empty_before_counts),
		cmocka_unit_test(an_exec_gives_nothing_back),
		cmocka_unit_test(a_step_that_fails_is_named),
		cmocka_unit_test(it_works_without_proc),
	};

	return cmocka_run_group_tests(tests, must_be_root, NULL);
}
