/*
 * Which file is where, and what the monitor keeps in them: pid, leases,
 * status.  Only the present is kept; nothing is read back.
 */
#ifndef DHCPCANON_FILES_H
#define DHCPCANON_FILES_H

#include "interface.h"

#include <limits.h>

/* Octets of a leases file: 1024 interfaces, 4 KiB each. */
#define FILES_LEASES_MAX 4194304

/*
 * Makes the directory for our files (root:dhcpcanon 1775) when started as
 * root and it is missing.  What can't be done is logged, once; the network
 * comes first.
 */
void files_prepare(void);

/*
 * True if the files of `interface` are beside dhclient's own: a client holds
 * its pid file, or has left a leases file.
 */
bool files_are_beside(const struct options *options, const char *interface);

/*
 * The leases file for `interface`: -lf or its own.  Of "*", without -lf, what
 * matches all of our own (glob(3)).
 */
void files_lease_path(const struct options *options, const char *interface,
		      char out[PATH_MAX]);

/*
 * The mode of a leases or pid file: dhclient's, 0644 less the umask, if it is
 * `named` (-lf, -pf, or dhclient's own); of one of ours (NULL) 0640.
 */
mode_t files_mode(const char *named);

/*
 * How many pid files there are: none, -pf, one for each interface that is
 * named, or, when none is, one for all.
 */
size_t files_pid_count(const struct options *options);

/* The `i`th of them. */
void files_pid_path(const struct options *options, size_t i,
		    char out[PATH_MAX]);

/*
 * Takes the pid files and writes our pid; 0, or -EAGAIN, with a sentence
 * logged, when a live process holds one.  Called as dhclient, with no files
 * named, while another client has dhclient's own: ours are beside them from
 * now on, /run/dhclient.pid.IFACE and the like, one for each interface that is
 * named.
 */
int files_take_pid(struct options *options);

/* Removes the pid files that we took. */
void files_drop_pid(const struct options *options);

/*
 * Removes the leases file of an earlier run, unread: that interface's own, or
 * the one beside dhclient's.
 */
void files_forget_leases(const struct options *options, const char *interface);

/*
 * The same of the one for all (-lf), which other instances may share: what
 * those have in it that run stays, but for blocks of `all`, ours.
 */
void files_forget_shared_leases(const struct options *options,
				struct interface *const *all, size_t count);

/*
 * Writes the leases file of `one` of `all`: a block for each interface that
 * shares it and holds a lease, also of other instances that run; no lease, no
 * file.
 */
void files_write_leases(struct interface *const *all, size_t count,
			const struct interface *one);

/* Writes the status file of `interface`; removes it at its end. */
void files_write_status(const struct interface *interface);

/* Removes it. */
void files_remove_status(const struct interface *interface);

#endif
