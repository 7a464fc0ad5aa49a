/* Runs a script and tells how it ended.  Knows nothing of leases. */
#ifndef DHCPCANON_SCRIPT_H
#define DHCPCANON_SCRIPT_H

#include "reason.h"

#include <sys/types.h>

#define SCRIPT_TIME_LIMIT_MS 75000 /* then it is killed with its group */

/*
 * Raises the soft limit of open descriptors to the hard one: each interface
 * takes some.  Scripts still get the one that we were started with, since
 * programs that use select(2) rely on it.  Returns 0 or -errno.
 */
int script_raise_descriptors(void);

/*
 * Notes which signals this process ignores or handles by now, for good, so
 * that a script's start sets those to their defaults and asks for no others:
 * proc(5) has all in two lines, the kernel's call is one for each of 64.  Where
 * they can't be read, and before this is called, all are set.
 */
void script_note_signals(void);

/*
 * Starts `path` with itself as its only argument and environment `env`, in a
 * process group of its own, with default signals, an empty signal mask and no
 * descriptor above 2.  Returns the process id or -errno when it could not be
 * executed.
 */
pid_t script_start(const char *path, char *const env[]);

/* Sends `signal` to the script's process group. */
void script_signal(pid_t script, int signal);

/*
 * The outcome that a wait status (waitpid(2)) stands for: only a normal exit
 * with a status above 0 is SCRIPT_REFUSED.
 */
enum script_outcome script_outcome(int wait_status);

#endif
