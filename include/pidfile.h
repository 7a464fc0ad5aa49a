/*
 * The pid file: a file that is locked as long as its owner lives (POSIX lock,
 * fcntl(2)), so that who holds it is known whatever the file says.
 */
#ifndef DHCPCANON_PIDFILE_H
#define DHCPCANON_PIDFILE_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Opens `path` in place, first without O_CREAT, then with O_EXCL, so that no
 * link is followed into a new file, and locks it.  Returns the descriptor,
 * close-on-exec; -errno otherwise; -EAGAIN with `*holder` set when a live
 * process holds it.  A path that is no regular file (/dev/null) is opened
 * and not locked.
 */
int pidfile_open(const char *path, pid_t *holder);

/* Writes `pid` and a newline, in place; 0 or -errno. */
int pidfile_write(int descriptor, pid_t pid);

/* Removes `path` if it is a regular file, and closes the descriptor. */
void pidfile_remove(int descriptor, const char *path);

/* The process that holds the lock on `path`; 0: none; -errno. */
pid_t pidfile_holder(const char *path);

#endif
