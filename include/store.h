/* Files that are replaced as a whole: leases and status. */
#ifndef DHCPCANON_STORE_H
#define DHCPCANON_STORE_H

#include <stddef.h>
#include <sys/types.h>

#define STORE_DIRECTORY "/run/dhcpcanon" /* where our own files are */

/*
 * Makes `path` a file of `length` octets of `text` with `mode`: writes a
 * temporary file beside it (O_EXCL, O_NOFOLLOW) and renames it.  A path that
 * exists and is no regular file is left alone.  Returns 0, 1 if it was left
 * alone, or -errno, with nothing left behind.
 */
int store_replace(const char *path, const char *text, size_t length,
		  mode_t mode);

/* Removes `path` if it is a regular file; 0, also if there is none, or -errno.
 */
int store_remove(const char *path);

/*
 * Reads at most `size` - 1 octets of `path` into `buffer` and adds a NUL;
 * returns how many or -errno (-EFBIG when it is larger).  What is no regular
 * file is not read: -EINVAL, -ELOOP for a symbolic link.
 */
ssize_t store_read(const char *path, char *buffer, size_t size);

/*
 * The same of a file that the user names, which may as well be a link or a
 * device.
 */
ssize_t store_read_given(const char *path, char *buffer, size_t size);

#endif
