/*
 * Where a line goes: the system log, standard error, or a worker's sink.  It
 * must not know what lines are about; it makes sure that whatever a network
 * put into one stays within one, in printable ASCII.
 */
#include "log.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The one state of its kind: a process has one log. */
static struct log_target target;
static bool stderr_is_journal;
static void (*sink_for_all)(int level, const char *text);

static void write_system_log(int level, const char *text)
{
	syslog(level, "%s", text);
}

/* $JOURNAL_STREAM is DEVICE:INODE of what was the journal: systemd.exec(5). */
static bool is_journal(int descriptor)
{
	const char *named = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat status;

	if (named == NULL || fstat(descriptor, &status) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev,
		 (uintmax_t)status.st_ino);
	return strcmp(named, own) == 0;
}

void log_open(const char *ident, struct log_target wanted)
{
	/* without LOG_NDELAY: a worker is to have no such descriptor */
	openlog(ident, LOG_PID, LOG_DAEMON);
	target = wanted;
	stderr_is_journal = is_journal(STDERR_FILENO);
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
static void write_stderr(int level, const char *text)
{
	char line[LOG_LINE_MAX + sizeof("<7>")], prefix[sizeof("<7>")] = "";
	int length;

	if (stderr_is_journal)
		snprintf(prefix, sizeof(prefix), "<%d>", level & LOG_PRIMASK);
	length = snprintf(line, sizeof(line), "%s%s\n", prefix, text);

	/* nobody is left to be told when this fails */
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

void log_line(int level, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list arguments;
	bool to_stderr;

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
	to_stderr = target.to_stderr || (target.errors && level <= LOG_ERR);
	if (to_stderr)
		write_stderr(level, text);
	if (to_stderr && stderr_is_journal)
		return;
	if (sink_for_all != NULL)
		sink_for_all(level, text);
}
