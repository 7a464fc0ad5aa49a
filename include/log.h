/*
 * One line to the system log (facility daemon) and, while asked to, standard
 * error.  A worker has neither: its lines go to the monitor as notices
 * through a sink of its own.
 */
#ifndef DHCPCANON_LOG_H
#define DHCPCANON_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <syslog.h>

#define LOG_LINE_MAX 240 /* octets of a line, NUL included */

/*
 * Where the log goes.  Where standard error is the journal ($JOURNAL_STREAM)
 * and wanted, lines go there alone, with their level (sd-daemon(3)): the
 * system log would be the same journal.
 */
struct log_target {
	bool to_stderr; /* -v and -d, unless -q came later */
	bool debug;     /* LOG_DEBUG lines too (-v, -d) */
	bool errors;    /* LOG_ERR lines to stderr in any case */
};

/*
 * Starts logging as `ident` (the base name of argv[0]; kept, not copied).
 * The system log is connected to by the first line that goes there; its
 * descriptor is close-on-exec.
 */
void log_open(const char *ident, struct log_target wanted);

/*
 * Sends all lines to `sink` instead (the worker's); `text` is borrowed, at
 * most LOG_LINE_MAX - 1 characters of printable ASCII.
 */
void log_set_sink(void (*sink)(int level, const char *text));

/* Begins or stops writing to standard error too. */
void log_to_stderr(bool wanted);

/* True if LOG_DEBUG lines are wanted, to spare making them. */
bool log_wants_debug(void);

/*
 * Logs one line at syslog(3)'s `level`.  Characters that are not printable
 * ASCII come out as `?`; a longer line than LOG_LINE_MAX is cut.
 */
void log_line(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
