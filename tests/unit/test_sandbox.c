/*
 * The worker's way down, tried in children with what a worker may be started
 * with.  What is in force is what the kernel tells another process: the child
 * itself can ask nothing any more but through its pipe.
 */
#include "unit.h"

#include "child.h"
#include "sandbox.h"
#include "worker.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define UID 65534
#define GID 65533
/* Test builds stay open to their own tools. */
#ifdef TEST_BUILD
#define IS_CONFINED 0
#define SECCOMP "0"
#else
#define IS_CONFINED 1
#define SECCOMP "2"
#endif

#define NET_ADMIN BIT(CAP_NET_ADMIN)

/* What sandbox_enter said in the child. */
struct report {
	int result;
	struct sandbox_state state;
	char what[32];
	bool lacks_landlock, lacks_seccomp;
};

/* A child in its sandbox, until `pipe` is closed. */
struct child {
	pid_t pid;
	int pipe;
	struct report report;
};

static void enter(uid_t uid)
{
	struct report report = {.result = 0};
	struct sandbox_lacks lacks = {NULL, NULL};
	const char *what = "";
	char octet;

	report.result = sandbox_enter(uid, uid != 0 ? GID : 0, &report.state,
				      &lacks, &what);
	for (size_t i = 0; i < sizeof(report.what) - 1 && what[i] != '\0'; i++)
		report.what[i] = what[i];
	report.lacks_landlock = lacks.landlock != NULL;
	report.lacks_seccomp = lacks.seccomp != NULL;
	send(WORKER_PIPE, &report, sizeof(report), 0);
	recv(WORKER_PIPE, &octet, 1, 0);
	_exit(0);
}

/* Starts a child that prepares itself and becomes `uid` (0: stays). */
static struct child start(void (*prepare)(void), uid_t uid)
{
	struct child child = {0};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	child.pid = fork();
	if (child.pid == 0) {
		close(ends[0]);
		CHECK(dup2(ends[1], WORKER_PIPE) == WORKER_PIPE);
		prepare();
		enter(uid);
	}
	close(ends[1]);
	child.pipe = ends[0];
	assert_int_equal(
		recv(child.pipe, &child.report, sizeof(child.report), 0),
		sizeof(child.report));
	return child;
}

static void end(const struct child *child)
{
	int status = -1;

	close(child->pipe);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	assert_int_equal(status, 0);
}

/* Asserts what holds for every worker, whatever it was before. */
static void check_powerless(const struct child *child)
{
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff",
					   "CapAmb"};
	const struct sandbox_state *state = &child->report.state;

	assert_int_equal(child->report.result, 0);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		assert_int_equal(status_set_of(child->pid, sets[i]), 0);
	assert_true(status_of_is(child->pid, "NoNewPrivs", "1"));
	assert_true(status_of_is(child->pid, "Seccomp", SECCOMP));
	assert_int_equal(state->no_capabilities, 1);
	assert_int_equal(state->no_new_privileges, 1);
	assert_int_equal(state->landlock != 0, IS_CONFINED);
	assert_int_equal(state->seccomp, IS_CONFINED);
	assert_int_equal(child->report.lacks_landlock, !IS_CONFINED);
	assert_int_equal(child->report.lacks_seccomp, !IS_CONFINED);
}

static void check_user(const struct child *child)
{
	assert_int_equal(child->report.state.own_user, 1);
	assert_true(
		status_of_is(child->pid, "Uid", "65534\t65534\t65534\t65534"));
	assert_true(
		status_of_is(child->pid, "Gid", "65533\t65533\t65533\t65533"));
	assert_true(status_of_is(child->pid, "Groups", ""));
}

static void with_groups(void)
{
	const gid_t groups[] = {1, 2, 3};

	CHECK(syscall(SYS_setgroups, 3, groups) == 0);
}

static void root_becomes_a_user_that_owns_nothing(void **state)
{
	const struct child child = start(with_groups, UID);

	(void)state;
	check_powerless(&child);
	check_user(&child);
	assert_int_equal(child.report.state.bounding_emptied, 1);
	assert_int_equal(status_set_of(child.pid, "CapBnd"), 0);
	end(&child);
}

/* A user that keeps its capabilities across the change all the same. */
static void with_ambient(void)
{
	const uint64_t held = status_set("CapPrm");

	set_capabilities(held, held, held);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0,
		    0) == 0);
	CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0);
}

static void nothing_survives_in_the_other_sets(void **state)
{
	const struct child child = start(with_ambient, UID);

	(void)state;
	check_powerless(&child);
	check_user(&child);
	end(&child);
}

static void without_setpcap(void)
{
	const uint64_t held = BIT(CAP_SETUID) | BIT(CAP_SETGID) | NET_ADMIN;

	set_capabilities(held, held, 0);
}

static void a_bounding_set_that_stays_is_said(void **state)
{
	const struct child child = start(without_setpcap, UID);

	(void)state;
	check_powerless(&child);
	check_user(&child);
	assert_int_equal(child.report.state.bounding_emptied, 0);
	assert_int_equal(status_set_of(child.pid, "CapBnd"),
			 status_set("CapBnd"));
	end(&child);
}

static void as_a_unit_starts_it(void)
{
	become_user_with(NET_ADMIN);
	CHECK(status_set("CapAmb") == NET_ADMIN);
}

static void a_user_stays_itself_without_capabilities(void **state)
{
	const struct child child = start(as_a_unit_starts_it, 0);

	(void)state;
	check_powerless(&child);
	assert_int_equal(child.report.state.own_user, 0);
	assert_int_equal(child.report.state.bounding_emptied, 0);
	assert_true(
		status_of_is(child.pid, "Uid", "65534\t65534\t65534\t65534"));
	end(&child);
}

static void without_bounding_set(void)
{
	const uint64_t held = BIT(CAP_SETUID) | BIT(CAP_SETGID);

	for (unsigned long i = 0; prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++)
		;
	CHECK(status_set("CapBnd") == 0);
	set_capabilities(held, held, 0);
}

static void a_bounding_set_empty_before_counts(void **state)
{
	const struct child child = start(without_bounding_set, UID);

	(void)state;
	check_powerless(&child);
	assert_int_equal(child.report.state.bounding_emptied, 1);
	end(&child);
}

static void as_it_is(void)
{
}

/* Root's own files would be open to it, but for Landlock. */
static void root_that_stays_root_is_powerless_too(void **state)
{
	const struct child child = start(as_it_is, 0);

	(void)state;
	check_powerless(&child);
	assert_true(status_of_is(child.pid, "Uid", "0\t0\t0\t0"));
	end(&child);
}

static void only_setuid(void)
{
	set_capabilities(BIT(CAP_SETUID), BIT(CAP_SETUID), 0);
}

static void only_setgid(void)
{
	set_capabilities(BIT(CAP_SETGID), BIT(CAP_SETGID), 0);
}

static void check_refusal(void (*prepare)(void), const char *step)
{
	const struct child child = start(prepare, UID);
	const struct sandbox_state untouched = {0};

	assert_int_equal(child.report.result, -EPERM);
	assert_string_equal(child.report.what, step);
	assert_memory_equal(&child.report.state, &untouched, sizeof(untouched));
	end(&child);
}

static void a_step_that_fails_is_named(void **state)
{
	(void)state;
	check_refusal(only_setuid, "setgroups");
	check_refusal(only_setgid, "setresuid");
}

static void without_proc(void)
{
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
}

static void it_works_without_proc(void **state)
{
	const struct child child = start(without_proc, UID);

	(void)state;
	check_powerless(&child);
	check_user(&child);
	assert_int_equal(child.report.state.bounding_emptied, 1);
	end(&child);
}

/* A process that can be traced has files in /proc that are its user's. */
static void nobody_can_trace_it(void **state)
{
	const struct child child = start(with_groups, UID);
	char path[64];
	struct stat status;

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/mem", child.pid);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, IS_CONFINED ? 0 : UID);
	end(&child);
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
		cmocka_unit_test(root_that_stays_root_is_powerless_too),
		cmocka_unit_test(a_step_that_fails_is_named),
		cmocka_unit_test(it_works_without_proc),
		cmocka_unit_test(nobody_can_trace_it),
	};

	return cmocka_run_group_tests(tests, must_be_root, NULL);
}
