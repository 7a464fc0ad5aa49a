/*
 * What happened, in virtual time, for the reader of a failure: the last lines
 * are kept, and printed when an invariant does not hold.  A run without trace
 * costs nothing; the same seed is run again with it when it failed.
 */
#ifndef DHCPCANON_SIM_TRACE_H
#define DHCPCANON_SIM_TRACE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum trace_mode {
	TRACE_OFF,  /* nothing is kept */
	TRACE_LAST, /* the last lines, printed on failure */
	TRACE_ALL,  /* printed at once */
};

/* The one history under way; a process runs one at a time. */
struct trace {
	enum trace_mode mode;
	uint64_t now_ms;    /* virtual; a line's time */
	uint64_t origin_ms; /* of the history: its lines count from here */
	jmp_buf failed;     /* where sim_fail goes */
	char failure[256];  /* which invariant, in words */
};

extern struct trace trace;

void trace_start(enum trace_mode mode, uint64_t now_ms);

/* One line; do not call with TRACE_OFF: see TRACE. */
void trace_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The arguments are not evaluated unless there is a trace. */
#define TRACE(...)                                                             \
	do {                                                                   \
		if (trace.mode != TRACE_OFF)                                   \
			trace_line(__VA_ARGS__);                               \
	} while (0)

/* Prints the lines kept. */
void trace_print(FILE *out);

/* An invariant does not hold: ends the history. */
_Noreturn void sim_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* `claim` holds, or the history ends with these words. */
#define HOLDS(claim, ...)                                                      \
	do {                                                                   \
		if (__builtin_expect(!(claim), 0))                             \
			sim_fail(__VA_ARGS__);                                 \
	} while (0)

/* Host order address as text, for HOLDS and TRACE; one of four buffers. */
const char *ip(uint32_t address);

/* A span of time as text: "2d 03:04:05.678"; one of four buffers. */
const char *span(uint64_t ms);

#endif
