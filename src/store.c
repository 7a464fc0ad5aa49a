/*
 * Files as a whole.  Ours lie in a directory that others may write to as
 * well, so no link is followed and nothing is opened that is not a file,
 * but for one that the user names to be read.
 * Must not know what is in them.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Says whether `path` is a regular file, or nothing at all and could become
 * one; returns 0 or -errno.
 */
static int look_at(const char *path, bool *is_file, bool *is_nothing)
{
	struct stat status;

	*is_file = *is_nothing = false;
	if (lstat(path, &status) < 0) {
		*is_nothing = errno == ENOENT;
		return *is_nothing ? 0 : -errno;
	}
	*is_file = S_ISREG(status.st_mode);
	return 0;
}

/* Writes all of `text`; 0 or -errno. */
static int write_all(int descriptor, const char *text, size_t length)
{
	while (length > 0) {
		const ssize_t written = write(descriptor, text, length);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

/* Opens a new file of that name; one that a crash left there is removed. */
static int open_new(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int descriptor = open(path, flags, 0600);

	if (descriptor < 0 && errno == EEXIST && store_remove(path) == 0)
		descriptor = open(path, flags, 0600);
	return descriptor < 0 ? -errno : descriptor;
}

/* Fills the new file, whatever the umask says of its mode. */
static int fill(int descriptor, const char *text, size_t length, mode_t mode)
{
	if (fchmod(descriptor, mode) < 0)
		return -errno;
	return write_all(descriptor, text, length);
}

int store_replace(const char *path, const char *text, size_t length,
		  mode_t mode)
{
	char temporary[PATH_MAX];
	bool is_file, is_nothing;
	int result = look_at(path, &is_file, &is_nothing);

	if (result < 0)
		return result;
	if (!is_file && !is_nothing)
		return 1;
	if (snprintf(temporary, sizeof(temporary), "%s.%d", path,
		     (int)getpid()) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;

	const int descriptor = open_new(temporary);

	if (descriptor < 0)
		return descriptor;
	result = fill(descriptor, text, length, mode);
	if (close(descriptor) < 0 && result == 0)
		result = -errno; /* where a full disk may show first */
	if (result == 0 && rename(temporary, path) < 0)
		result = -errno;
	if (result < 0)
		unlink(temporary);
	return result;
}

int store_remove(const char *path)
{
	bool is_file, is_nothing;
	const int result = look_at(path, &is_file, &is_nothing);

	if (result < 0 || !is_file)
		return result;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Reads the open file to its end; how many octets or -errno. */
static ssize_t read_all(int descriptor, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		const ssize_t got =
			read(descriptor, buffer + length, size - length);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0) {
			buffer[length] = '\0';
			return (ssize_t)length;
		}
		if (got > 0)
			length += (size_t)got;
	}
	return -EFBIG;
}

ssize_t store_read_given(const char *path, char *buffer, size_t size)
{
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t result;

	if (descriptor < 0)
		return -errno;
	result = read_all(descriptor, buffer, size);
	close(descriptor);
	return result;
}

ssize_t store_read(const char *path, char *buffer, size_t size)
{
	struct stat status;
	/* O_NONBLOCK: a FIFO in its place must not hold us up */
	const int descriptor =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t result = -EINVAL;

	if (descriptor < 0)
		return -errno;
	if (fstat(descriptor, &status) < 0)
		result = -errno;
	else if (S_ISREG(status.st_mode))
		result = read_all(descriptor, buffer, size);
	close(descriptor);
	return result;
}
