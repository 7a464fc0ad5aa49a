/*
 * A locked pid file.  It is never renamed nor trusted for its text: who holds
 * the lock runs, and the kernel says who that is.
 */
#include "pidfile.h"

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_TRIES 8 /* against an owner that removes it meanwhile */

static bool is_regular(int descriptor)
{
	struct stat status;

	return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/* True if `path` is still the file that `descriptor` is open on. */
static bool is_still(int descriptor, const char *path)
{
	struct stat opened, named;

	return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/*
 * Who has a lock that excludes ours; 0: nobody, which may have become so
 * just now; -errno.
 */
static pid_t ask_holder(int descriptor)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(descriptor, F_GETLK, &lock) < 0)
		return -errno;
	if (lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid > 0 ? lock.l_pid : -ESRCH;
}

/* Opens what is there, or makes it; -errno. */
static int open_in_place(const char *path, mode_t mode)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int descriptor = open(path, flags);

	if (descriptor >= 0 || errno != ENOENT)
		return descriptor < 0 ? -errno : descriptor;
	descriptor = open(path, flags | O_CREAT | O_EXCL, mode);
	if (descriptor < 0)
		return -errno;
	/* whatever the umask is; a mode that stays narrower does no harm */
	fchmod(descriptor, mode);
	return descriptor;
}

/* Locks the file that is open; 0 or -errno. */
static int lock(int descriptor)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(descriptor, F_SETLK, &whole) == 0)
		return 0;
	/* POSIX lets it be either */
	return errno == EACCES ? -EAGAIN : -errno;
}

int pidfile_open(const char *path, mode_t mode, pid_t *holder)
{
	for (int tries = 0; tries < OPEN_TRIES; tries++) {
		const int descriptor = open_in_place(path, mode);

		if (descriptor == -EEXIST)
			continue; /* somebody else made it just now */
		if (descriptor < 0 || !is_regular(descriptor))
			return descriptor;

		const int result = lock(descriptor);

		if (result == 0 && is_still(descriptor, path))
			return descriptor;

		const pid_t found =
			result == -EAGAIN ? ask_holder(descriptor) : 0;

		close(descriptor);
		if (found != 0) {
			*holder = found > 0 ? found : 0;
			return -EAGAIN;
		}
		if (result < 0 && result != -EAGAIN)
			return result;
		/* removed, or given up, by its owner just now: once more */
	}
	return -EBUSY;
}

int pidfile_write(int descriptor, pid_t pid)
{
	char text[16];
	const int length = snprintf(text, sizeof(text), "%d\n", (int)pid);

	if (!is_regular(descriptor))
		return 0;
	if (ftruncate(descriptor, 0) < 0)
		return -errno;

	const ssize_t written = pwrite(descriptor, text, (size_t)length, 0);

	if (written < 0)
		return -errno;
	return written == length ? 0 : -ENOSPC;
}

void pidfile_remove(int descriptor, const char *path)
{
	/*
	 * Removed while it is locked, so that nobody else's is; if that fails
	 * it is stale, which the next one finds out.
	 */
	if (is_still(descriptor, path))
		store_remove(path);
	close(descriptor);
}

pid_t pidfile_holder(const char *path)
{
	const int descriptor =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	pid_t holder = -ENOENT;

	if (descriptor < 0)
		return -errno;
	if (is_regular(descriptor))
		holder = ask_holder(descriptor);
	close(descriptor);
	return holder;
}
