/*
 * Makes the worker powerless before it reads the network: own user, no
 * capability in any set, no new privileges, Landlock, seccomp.
 */
#ifndef DHCPCANON_SANDBOX_H
#define DHCPCANON_SANDBOX_H

#include "notice.h"

/* Why a part is not in force; NULL: it is. */
struct sandbox_lacks {
	const char *landlock, *seccomp;
};

/*
 * Becomes user `uid` and group `gid` with no other groups (unless 0), empties
 * the permitted, effective, inheritable and ambient sets and, where SETPCAP
 * is held, the bounding set; sets no_new_privs; reads all back.  Then gives up
 * files (landlock.h) and system calls (seccomp.h) as far as the kernel has
 * what that takes; test builds, whose tools need both, do not.  Returns 0
 * with `*state` saying what is in force and `*lacks` why a part is not; or
 * -errno with `*what` naming the step, after which the process must not go on.
 */
int sandbox_enter(uid_t uid, gid_t gid, struct sandbox_state *state,
		  struct sandbox_lacks *lacks, const char **what);

#endif
