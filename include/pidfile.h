/*
 * The pid file: a file that is locked as long as its owner lives (POSIX lock,
 * fcntl(2)), so that who holds it is known whatever the file says.
 *
 * The lock is the process's, not the descriptor's: a child does not have it,
 * so it is taken after the fork to the background; and it is lost when the
 * process closes *any* descriptor of the file.  Whoever holds it must not
 * open the file again, which pidfile_holder and store_read do.
 */
#ifndef DHCPCANON_PIDFILE_H
#define DHCPCANON_PIDFILE_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Opens `path` in place, first without O_CREAT, then with O_EXCL and `mode`,
 * whatever the umask is, never through a symbolic link, and locks it.  Returns
 * the descriptor, close-on-exec; -errno otherwise; -EAGAIN with `*holder` set
 * when a live process holds it (0: one that this pid namespace does not show).
 * A path that is no regular file (/dev/null) is opened and not locked.
 */
int pidfile_open(const char *path, mode_t mode, pid_t *holder);

/*
 * Writes `pid` and a newline, in place, unless it is no regular file; 0 or
 * -errno.
 */
int pidfile_write(int descriptor, pid_t pid);

/* Removes `path` if it is a regular file, and closes the descriptor. */
void pidfile_remove(int descriptor, const char *path);

/*
 * The process that holds the lock on `path`; 0: none; -errno: -ENOENT also
 * when it is no regular file, -ESRCH when this pid namespace does not show
 * the holder.
 */
pid_t pidfile_holder(const char *path);

#endif
