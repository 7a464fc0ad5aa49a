/*
 * The start and the end of a script.  posix_spawn(3) because a failure to
 * execute comes back as an error instead of an exit status that could be the
 * script's own, and because it copies no page tables.
 */
#include "script.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The limit of open descriptors that we were started with, and ours. */
static struct {
	struct rlimit given, raised;
	bool is_raised;
} descriptors;

int script_raise_descriptors(void)
{
	if (getrlimit(RLIMIT_NOFILE, &descriptors.given) < 0)
		return -errno;
	descriptors.raised = descriptors.given;
	descriptors.raised.rlim_cur = descriptors.given.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &descriptors.raised) < 0)
		return -errno;
	descriptors.is_raised = true;
	return 0;
}

/* The child takes over the limit of the moment in which it is started. */
static void limit_descriptors(const struct rlimit *limit)
{
	if (descriptors.is_raised)
		setrlimit(RLIMIT_NOFILE, limit);
}

/* A clean start: what we ignore, block or have open is not the script's. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	/*
	 * Not by sigfillset(3): it spares the two signals that glibc keeps to
	 * itself, and posix_spawn(3) has those ignored then.
	 */
	memset(&all, 0xff, sizeof(all));
	error = posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
				    POSIX_SPAWN_SETSIGMASK);
	if (error == 0)
		error = posix_spawnattr_setpgroup(attributes, 0);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(attributes, &all);
	if (error == 0)
		error = posix_spawnattr_setsigmask(attributes, &none);
	return error;
}

pid_t script_start(const char *path, char *const env[])
{
	char *const argv[] = {(char *)path, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t script = 0;
	int error = posix_spawnattr_init(&attributes);

	if (error != 0)
		return -error;
	error = posix_spawn_file_actions_init(&actions);
	if (error != 0) {
		posix_spawnattr_destroy(&attributes);
		return -error;
	}
	error = set_attributes(&attributes);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(
			&actions, STDERR_FILENO + 1);
	limit_descriptors(&descriptors.given);
	if (error == 0)
		error = posix_spawn(&script, path, &actions, &attributes, argv,
				    env);
	limit_descriptors(&descriptors.raised);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return error == 0 ? script : -error;
}

void script_signal(pid_t script, int signal)
{
	/* it may have gone already, which is as good */
	kill(-script, signal);
}

enum script_outcome script_outcome(int wait_status)
{
	if (!WIFEXITED(wait_status))
		return SCRIPT_FAILED;
	return WEXITSTATUS(wait_status) == 0 ? SCRIPT_OK : SCRIPT_REFUSED;
}
