/*
 * The monitor's capability sets (capabilities(7)) and the user its workers
 * become.  Knows which capability is for what, not when it is needed: the
 * caller raises one around a call.  The work is libcap-ng's, which reads the
 * sets anew after a fork.
 */
#include "privilege.h"

#include "account.h"

#include <assert.h>
#include <cap-ng.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define CAPABILITIES_MAX 64 /* bits in a set; the kernel has fewer */
#define OVERFLOW_ID 65534   /* user and group that own nothing */

#define BIT(capability) (UINT64_C(1) << (capability))

/* Without these there is no DHCP client. */
static const struct {
	unsigned capability;
	const char *name;
} needed[] = {
	{CAP_NET_ADMIN, "CAP_NET_ADMIN"},               /* the script's */
	{CAP_NET_RAW, "CAP_NET_RAW"},                   /* packet sockets */
	{CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"}, /* UDP port 68 */
};

static const uint64_t permitted_to_all =
	BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_NET_BIND_SERVICE);

/*
 * Root's own: signals to workers and to the instance that -r and -x stop,
 * files in a directory of somebody else's, and a worker's way out.
 */
static const uint64_t permitted_to_root =
	BIT(CAP_KILL) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_SETUID) |
	BIT(CAP_SETGID) | BIT(CAP_SETPCAP);

static const uint64_t script_inherits = BIT(CAP_NET_ADMIN);

/* Drops from the sets `which` what `keep` has not. */
static void keep_only(capng_type_t which, uint64_t keep)
{
	/* It refuses numbers beyond the kernel's last: nothing to drop. */
	for (unsigned capability = 0; capability < CAPABILITIES_MAX;
	     capability++)
		if ((keep & BIT(capability)) == 0)
			(void)capng_update(CAPNG_DROP, which, capability);
}

/* libcap-ng's own numbers for what failed say nothing; errno does. */
static int apply(capng_select_t sets)
{
	errno = 0;
	if (capng_apply(sets) == 0)
		return 0;
	return errno != 0 ? -errno : -EPERM;
}

/*
 * Ambient last: it can only hold what is inheritable by then.  Root needs
 * none, an exec gives it the bounding set.
 */
static int apply_ambient(bool is_root)
{
	capng_clear(CAPNG_SELECT_AMBIENT);
	if (!is_root)
		(void)capng_update(CAPNG_ADD, CAPNG_AMBIENT, CAP_NET_ADMIN);
	return apply(CAPNG_SELECT_AMBIENT);
}

int privilege_check(const char **what)
{
	*what = "reading the capabilities";
	errno = 0;
	if (capng_get_caps_process() != 0)
		return errno != 0 ? -errno : -EPERM;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!capng_have_capability(CAPNG_PERMITTED,
					   needed[i].capability)) {
			*what = needed[i].name;
			return -EPERM;
		}
	return 0;
}

int privilege_reduce(const char **what)
{
	const bool is_root = geteuid() == 0;
	int rc;

	keep_only(CAPNG_EFFECTIVE, BIT(CAP_NET_ADMIN));
	(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, CAP_NET_ADMIN);
	keep_only(CAPNG_PERMITTED,
		  is_root ? permitted_to_all | permitted_to_root
			  : permitted_to_all);
	if (!is_root) {
		keep_only(CAPNG_INHERITABLE, script_inherits);
		(void)capng_update(CAPNG_ADD, CAPNG_INHERITABLE, CAP_NET_ADMIN);
	}
	*what = "setting the capabilities";
	rc = apply(CAPNG_SELECT_CAPS);
	if (rc < 0)
		return rc;
	*what = "setting the ambient capabilities";
	return apply_ambient(is_root);
}

static int change_effective(capng_act_t action, unsigned capability)
{
	/* CAP_NET_ADMIN is always in effect; lowering it is a mistake. */
	assert(capability != CAP_NET_ADMIN);
	/* After a fork this also makes libcap-ng read the sets. */
	if (!capng_have_capability(CAPNG_PERMITTED, capability))
		return -EPERM;
	if (capng_update(action, CAPNG_EFFECTIVE, capability) != 0)
		return -EINVAL;
	return apply(CAPNG_SELECT_CAPS);
}

int privilege_raise(unsigned capability)
{
	return change_effective(CAPNG_ADD, capability);
}

int privilege_lower(unsigned capability)
{
	return change_effective(CAPNG_DROP, capability);
}

bool privilege_worker_user(uid_t *uid, gid_t *gid)
{
	static const char *const names[] = {"dhcpcanon", "nobody"};

	*uid = 0;
	*gid = 0;
	if (geteuid() != 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* An entry that is root's would be no way out. */
		if (account_user(names[i], uid, gid) && *uid != 0 && *gid != 0)
			return true;
	}
	*uid = OVERFLOW_ID;
	*gid = OVERFLOW_ID;
	return true;
}
