/* The trace of a history and the end of one that went wrong. */
#include "trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define LINES 70
#define LINE_MAX_LENGTH 200

struct trace trace;

static char lines[LINES][LINE_MAX_LENGTH];
static uint64_t line_count;

void trace_start(enum trace_mode mode, uint64_t now_ms)
{
	trace.mode = mode;
	trace.now_ms = trace.origin_ms = now_ms;
	trace.failure[0] = '\0';
	line_count = 0;
}

void trace_line(const char *format, ...)
{
	char *line = lines[line_count++ % LINES];
	va_list arguments;
	int used;

	used = snprintf(line, LINE_MAX_LENGTH, "%16s  ",
			span(trace.now_ms - trace.origin_ms));
	va_start(arguments, format);
	vsnprintf(line + used, LINE_MAX_LENGTH - (size_t)used, format,
		  arguments);
	va_end(arguments);
	if (trace.mode == TRACE_ALL)
		puts(line);
}

void trace_print(FILE *out)
{
	uint64_t first = line_count > LINES ? line_count - LINES : 0;

	if (trace.mode != TRACE_LAST)
		return;
	if (first > 0)
		fprintf(out, "%16s  %" PRIu64 " lines before (TRACE=all)\n",
			"...", first);
	for (; first < line_count; first++)
		fprintf(out, "%s\n", lines[first % LINES]);
}

void sim_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(trace.failure, sizeof(trace.failure), format, arguments);
	va_end(arguments);
	longjmp(trace.failed, 1);
}

const char *ip(uint32_t address)
{
	static char texts[4][16];
	static unsigned next;
	char *text = texts[next++ % 4];

	snprintf(text, sizeof(texts[0]), "%u.%u.%u.%u", address >> 24,
		 address >> 16 & 255, address >> 8 & 255, address & 255);
	return text;
}

const char *span(uint64_t ms)
{
	static char texts[4][40];
	static unsigned next;
	char *text = texts[next++ % 4];
	const unsigned day_s = 86400;
	const uint64_t s = ms / 1000;

	snprintf(text, sizeof(texts[0]), "%ud %02u:%02u:%02u.%03u",
		 (unsigned)(s / day_s), (unsigned)(s % day_s / 3600),
		 (unsigned)(s % 3600 / 60), (unsigned)(s % 60),
		 (unsigned)(ms % 1000));
	return text;
}
