/*
 * The worker's way down: from whatever the monitor had to a process that owns
 * nothing.  Knows user IDs, capability sets and process flags, the order of it
 * all, and of the program only the struct in which it reports.  Every step is
 * read back from the kernel: a call that returned 0 is no proof.
 */
#include "sandbox.h"

#include "landlock.h"
#include "seccomp.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CAPABILITIES_MAX 64 /* bits in a set; the kernel has fewer */

/*
 * Nobody may trace a worker or read its memory.  Test builds stay open to
 * their own tools: the leak checker traces the process it is in, and reports
 * are files, written at the end.
 */
#ifdef TEST_BUILD
#define DUMPABLE 1UL
#define IS_TEST_BUILD true
#else
#define DUMPABLE 0UL
#define IS_TEST_BUILD false
#endif

/*
 * Drops every capability from the bounding set, up to the last that the
 * kernel knows.  Without SETPCAP nothing can be dropped, which is no error.
 * Not by capng_apply: where SETPCAP is missing it leaves the set as it is,
 * returns success, and writes to the system log.
 */
static void empty_bounding_set(void)
{
	for (unsigned long capability = 0; capability < CAPABILITIES_MAX;
	     capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0UL, 0UL, 0UL) < 0)
			return;
}

/* Another user and group for good: real, effective and saved. */
static int change_user(uid_t uid, gid_t gid, const char **what)
{
	*what = "setgroups";
	if (setgroups(0, NULL) < 0)
		return -errno;
	*what = "setresgid";
	if (setresgid(gid, gid, gid) < 0)
		return -errno;
	*what = "setresuid";
	if (setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

static int empty_capability_sets(const char **what)
{
	*what = "emptying the ambient set";
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) < 0)
		return -errno;
	*what = "emptying the capability sets";
	errno = 0;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return errno != 0 ? -errno : -EPERM;
	return 0;
}

static bool user_is(uid_t uid, gid_t gid)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && r == uid && e == uid && s == uid &&
	       getresgid(&rg, &eg, &sg) == 0 && rg == gid && eg == gid &&
	       sg == gid && getgroups(0, NULL) == 0;
}

/* As libcap-ng has just read it from the kernel. */
static bool set_is_empty(capng_type_t set)
{
	for (unsigned capability = 0; capability < CAPABILITIES_MAX;
	     capability++)
		if (capng_have_capability(set, capability) != 0)
			return false;
	return true;
}

/* Asks the kernel what is in force, and accepts nothing less than all. */
static int read_back(uid_t uid, gid_t gid, struct sandbox_state *state,
		     const char **what)
{
	*what = "the user was not changed";
	if (uid != 0 && !user_is(uid, gid))
		return -EPERM;
	*what = "the capabilities can't be read back";
	if (capng_get_caps_process() != 0)
		return -EPERM;
	*what = "a capability is left";
	if (!set_is_empty(CAPNG_PERMITTED) || !set_is_empty(CAPNG_EFFECTIVE) ||
	    !set_is_empty(CAPNG_INHERITABLE) || !set_is_empty(CAPNG_AMBIENT))
		return -EPERM;
	*what = "no_new_privs is not set";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1)
		return -EPERM;
	*state = (struct sandbox_state){
		.own_user = uid != 0,
		.no_capabilities = 1,
		.bounding_emptied = set_is_empty(CAPNG_BOUNDING_SET),
		.no_new_privileges = 1,
	};
	return 0;
}

/*
 * What not every kernel has: the rest stands without it.  In this order: both
 * take no_new_privs, and the filter lets nothing through that is called above.
 */
static void confine(struct sandbox_state *state, struct sandbox_lacks *lacks)
{
	int rc;

	*lacks = (struct sandbox_lacks){NULL, NULL};
	if (IS_TEST_BUILD) {
		lacks->landlock = lacks->seccomp = "this is a test build";
		return;
	}
	rc = landlock_enter();
	if (rc > 0)
		state->landlock = (uint8_t)rc;
	else
		lacks->landlock = strerror(-rc);
	rc = seccomp_enter();
	if (rc == 0)
		state->seccomp = 1;
	else
		lacks->seccomp = strerror(-rc);
}

int sandbox_enter(uid_t uid, gid_t gid, struct sandbox_state *state,
		  struct sandbox_lacks *lacks, const char **what)
{
	int rc = 0;

	/* First, while SETPCAP is there: a change of user takes it away. */
	empty_bounding_set();
	if (uid != 0)
		rc = change_user(uid, gid, what);
	if (rc == 0)
		rc = empty_capability_sets(what);
	if (rc < 0)
		return rc;
	*what = "no_new_privs";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		return -errno;
	*what = "dumpable";
	if (prctl(PR_SET_DUMPABLE, DUMPABLE, 0UL, 0UL, 0UL) < 0)
		return -errno;
	rc = read_back(uid, gid, state, what);
	if (rc == 0)
		confine(state, lacks);
	return rc;
}
