/*
 * System accounts, from the two files that system accounts are in.  Not by
 * getpwnam(3): for a name that is in neither it loads what nsswitch.conf(5)
 * names, which may look anywhere, the network included, and takes as long as
 * the rest of our start.
 */
#ifndef DHCPCANON_ACCOUNT_H
#define DHCPCANON_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

/* The user `name` of /etc/passwd and its group; false if there is none. */
bool account_user(const char *name, uid_t *uid, gid_t *gid);

/* The group `name` of /etc/group; false if there is none. */
bool account_group(const char *name, gid_t *gid);

#endif
