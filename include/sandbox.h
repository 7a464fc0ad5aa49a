/*
 * Makes the worker powerless before it reads the network: own user, no
 * capability in any set, no new privileges.  Landlock and seccomp have their
 * place here (sandbox_enter's last steps).
 */
#ifndef DHCPCANON_SANDBOX_H
#define DHCPCANON_SANDBOX_H

#include "notice.h"

/*
 * Becomes user `uid` and group `gid` with no other groups (unless 0), empties
 * the permitted, effective, inheritable and ambient sets and, where SETPCAP
 * is held, the bounding set; sets no_new_privs; reads all back.  Returns 0
 * with `*state` saying what is in force; or -errno with `*what` naming the
 * step, after which the process must not go on.
 */
int sandbox_enter(uid_t uid, gid_t gid, struct sandbox_state *state,
		  const char **what);

#endif
