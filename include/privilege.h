/*
 * The monitor's privileges (capabilities(7)): little in effect, the rest
 * raised around the one call that needs it.  The worker, which keeps none, is
 * sandbox.c's.
 */
#ifndef DHCPCANON_PRIVILEGE_H
#define DHCPCANON_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Reads the capability sets; 0 if those that the monitor can't do without are
 * permitted; else -errno with `*what` naming what is missing (EPERM).
 */
int privilege_check(const char **what);

/*
 * Reduces the monitor, after privilege_check: effective CAP_NET_ADMIN;
 * permitted also CAP_NET_RAW and CAP_NET_BIND_SERVICE and, started as root,
 * those of KILL, DAC_OVERRIDE, SETUID, SETGID and SETPCAP that are held;
 * inheritable and ambient NET_ADMIN when started as a user, so that the script
 * can configure the link.  The bounding set stays: a script started by root is
 * root's.  Returns 0; or -errno with `*what` naming what failed.
 */
int privilege_reduce(const char **what);

/*
 * Raises capability `capability` (CAP_… of linux/capability.h) into the
 * effective set if it is permitted; privilege_lower ends that.  Not for
 * NET_ADMIN, which is always in effect.  Return 0 or -errno (EPERM: not
 * permitted).
 */
int privilege_raise(unsigned capability);
int privilege_lower(unsigned capability);

/*
 * The user and group that a worker becomes when we are root: `dhcpcanon`,
 * else `nobody`, else 65534.  Returns false, and 0 for both, when we are not
 * root.
 */
bool privilege_worker_user(uid_t *uid, gid_t *gid);

#endif
