/* One script for a program that has no interface; its outcome is nobody's. */
#include "nbi.h"

#include "clock.h"
#include "log.h"
#include "moment.h"
#include "room.h"
#include "script.h"

#include <signal.h>
#include <unistd.h>

static struct {
	pid_t script; /* 0: none */
	uint64_t deadline_ms;
} nbi;

void nbi_start(const struct options *options)
{
	static ROOM struct env environment;
	const struct env_input input = {
		.reason = REASON_NBI,
		.pid = getpid(),
		.extra = options->extra,
		.extra_count = options->extra_count,
	};
	pid_t script;

	env_render(&input, &environment);
	script = script_start(options->script, environment.entry);
	if (script < 0) {
		log_line(LOG_ERR, "script %s for %s: %s", options->script,
			 reason_name(input.reason), strerror(-script));
		return;
	}
	nbi.script = script;
	nbi.deadline_ms = clock_boottime_ms() + SCRIPT_TIME_LIMIT_MS;
}

bool nbi_is_running(void)
{
	return nbi.script != 0;
}

bool nbi_on_child(pid_t child)
{
	if (child != nbi.script)
		return false;
	nbi.script = 0;
	return true;
}

void nbi_on_time(void)
{
	if (nbi.script == 0 || nbi.deadline_ms > clock_boottime_ms())
		return;
	nbi.deadline_ms = TIME_NEVER;
	script_signal(nbi.script, SIGKILL);
}

uint64_t nbi_deadline(void)
{
	return nbi.script != 0 ? nbi.deadline_ms : TIME_NEVER;
}
