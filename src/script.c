/* The start and the end of a script. */
#include "script.h"

#include "process.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The limit of open descriptors that we were started with. */
static struct {
	struct rlimit given;
	bool is_raised;
} descriptors;

int script_raise_descriptors(void)
{
	struct rlimit raised;

	if (getrlimit(RLIMIT_NOFILE, &descriptors.given) < 0)
		return -errno;
	raised = descriptors.given;
	raised.rlim_cur = raised.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &raised) < 0)
		return -errno;
	descriptors.is_raised = true;
	return 0;
}

/* Which are not as by default; any, as long as nobody has looked. */
static uint64_t signals_to_reset = UINT64_MAX;

void script_note_signals(void)
{
	uint64_t some, changed = 0;
	char line[128];
	int found = 0;
	FILE *file = fopen("/proc/self/status", "re");

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "SigIgn: %" SCNx64, &some) == 1 ||
		    sscanf(line, "SigCgt: %" SCNx64, &some) == 1) {
			changed |= some;
			found++;
		}
	}
	fclose(file);
	if (found == 2)
		signals_to_reset = changed;
}

pid_t script_start(const char *path, char *const env[])
{
	char *const argv[] = {(char *)path, NULL};
	const struct process process = {
		.path = path,
		.argv = argv,
		.env = env,
		.close_from = STDERR_FILENO + 1,
		.is_apart = true, /* a clean start */
		.reset = signals_to_reset,
		.descriptors =
			descriptors.is_raised ? &descriptors.given : NULL,
	};

	return process_start(&process);
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
