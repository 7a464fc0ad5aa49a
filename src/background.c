/*
 * One fork at the very start, before anything is opened, so that the pid that
 * scripts and the pid file are told never changes.
 */
#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The parent: waits, no more. */
static void wait_and_exit(int descriptor, pid_t child)
{
	char released;
	int ended;
	ssize_t got;

	do {
		got = read(descriptor, &released, sizeof(released));
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		_exit(EXIT_SUCCESS);
	while (waitpid(child, &ended, 0) < 0)
		if (errno != EINTR)
			_exit(EXIT_FAILURE);
	_exit(WIFEXITED(ended) ? WEXITSTATUS(ended) : EXIT_FAILURE);
}

int background_fork(void)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (child > 0) {
		close(ends[1]);
		wait_and_exit(ends[0], child);
	}
	close(ends[0]);
	return ends[1];
}

void background_release(int *descriptor)
{
	const char released = 1;
	int null;

	if (*descriptor < 0)
		return;
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (chdir("/") < 0 || null < 0)
		null = -1; /* then what we have stays open */
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	while (write(*descriptor, &released, 1) < 0 && errno == EINTR)
		;
	close(*descriptor);
	*descriptor = -1;
}
