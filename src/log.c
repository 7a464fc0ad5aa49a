/*
 * Where a line goes: the system log, standard error, or a worker's sink.  It
 * must not know what lines are about; it makes sure that whatever a network
 * put into one stays within one, in printable ASCII.
 */
#include "log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The one state of its kind: a process has one log. */
static struct log_target target;
static void (*sink_for_all)(int level, const char *text);

static void write_system_log(int level, const char *text)
{
	syslog(level, "%s", text);
}

void log_open(const char *ident, struct log_target wanted)
{
	/* without LOG_NDELAY: a worker is to have no such descriptor */
	openlog(ident, LOG_PID, LOG_DAEMON);
	target = wanted;
	sink_for_all = write_system_log;
}

void log_set_sink(void (*sink)(int level, const char *text))
{
	sink_for_all = sink;
	target.to_stderr = false;
}

void log_to_stderr(bool wanted)
{
	target.to_stderr = wanted;
}

bool log_wants_debug(void)
{
	return target.debug;
}

/* One write, so that lines of several processes don't mix. */
static void write_stderr(const char *text)
{
	char line[LOG_LINE_MAX + 1];
	const int length = snprintf(line, sizeof(line), "%s\n", text);

	/* nobody is left to be told when this fails */
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

void log_line(int level, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list arguments;

	if (level == LOG_DEBUG && !target.debug)
		return;
	va_start(arguments, format);
	if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		text[0] = '\0';
	va_end(arguments);
	for (char *at = text; *at != '\0'; at++) {
		if (*at < ' ' || *at > '~')
			*at = '?';
	}
	if (target.to_stderr)
		write_stderr(text);
	if (sink_for_all != NULL)
		sink_for_all(level, text);
}
