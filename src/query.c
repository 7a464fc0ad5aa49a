/*
 * Status files, shown.  What they hold has passed statusfile_read; nothing
 * else of them reaches a terminal.  Times in a file are counted from when it
 * was written; here they are what is left now.
 */
#include "query.h"

#include "clock.h"
#include "json.h"
#include "room.h"
#include "statusfile.h"
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 8192      /* octets */
#define JSON_MAX 16384     /* octets: a file, quotes, escapes of a name */
#define EXIT_NOT_RUNNING 3 /* as in the Linux Standard Base, `status` */

#define DIRECTORY STORE_DIRECTORY "/"
#define SUFFIX ".status"

/* Numbers that are seconds from when the file was written. */
static const char times[][8] = {"t1", "t2", "expiry", "retry"};

struct query {
	const char *program;
	int64_t now; /* seconds since the epoch */
	bool wants_json;
	const char *separator; /* before the next object */
	size_t running;
	bool failed;
};

static bool is_time(const char *key)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (text_equals(times[i], key))
			return true;
	return false;
}

/* EPERM: it is there, and another user's. */
static bool is_running(const struct statusfile *file)
{
	const pid_t pid = (pid_t)statusfile_number(file, "pid", 0);

	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* What is left of a time now; `missing` if it is not there. */
static int64_t left(const struct query *query, const struct statusfile *file,
		    const char *key, int64_t missing)
{
	const int64_t written =
		statusfile_moment(statusfile_find(file, "written"));
	const int64_t end = written + statusfile_number(file, key, 0);

	if (statusfile_find(file, key) == NULL)
		return missing;
	return end < query->now ? 0 : end - query->now;
}

static void print_json(struct query *query, const struct statusfile *file,
		       bool running)
{
	char buffer[JSON_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	struct json json = json_in(&text);
	size_t i;

	json_object(&json, NULL);
	for (i = 0; i < file->count; i++) {
		const struct status_item *item = &file->item[i];

		if (is_time(item->key))
			json_number(&json, item->key,
				    left(query, file, item->key, 0));
		else if (item->kind == STATUS_NUMBER)
			json_number(&json, item->key,
				    statusfile_number(file, item->key, 0));
		else
			json_string(&json, item->key, item->value);
	}
	json_bool(&json, "running", running);
	json_end_object(&json);
	assert(!text.cut);
	printf("%s%s", query->separator, buffer);
	query->separator = ",";
}

/* A link's name may hold any octets; a terminal gets printable ones. */
static void print_name(const char *name)
{
	for (; *name != '\0'; name++)
		putchar(*name > ' ' && *name <= '~' ? *name : '?');
}

static void print_lease(const struct query *query,
			const struct statusfile *file)
{
	const char *address = statusfile_find(file, "address");
	const char *server = statusfile_find(file, "server");

	if (address == NULL)
		return;
	printf("  address      %s from %s\n", address,
	       server != NULL ? server : "?");
	if (statusfile_find(file, "expiry") == NULL) {
		puts("  lease        without end");
		return;
	}
	printf("  lease        renewed in %lld s, rebound in %lld s, over in "
	       "%lld s\n",
	       (long long)left(query, file, "t1", 0),
	       (long long)left(query, file, "t2", 0),
	       (long long)left(query, file, "expiry", 0));
}

/* Whatever begins with `prefix` and is not 0, in one line. */
static void print_counters(const struct statusfile *file, const char *title,
			   const char *prefix)
{
	const char *separator = "";
	size_t i;

	printf("  %-12s ", title);
	for (i = 0; i < file->count; i++) {
		const struct status_item *item = &file->item[i];

		if (!text_begins_with(item->key, prefix) ||
		    text_equals(item->value, "0"))
			continue;
		printf("%s%s %s", separator, item->value,
		       item->key + strlen(prefix));
		separator = ", ";
	}
	puts(*separator == '\0' ? "nothing" : "");
}

static void print_number(const struct statusfile *file, const char *key,
			 const char *words)
{
	printf("%lld %s", (long long)statusfile_number(file, key, 0), words);
}

/* What a worker counts; without one the file has none of it. */
static void print_worker(const struct statusfile *file)
{
	if (statusfile_find(file, "sandbox") == NULL)
		return;
	if (statusfile_find(file, "lladdr") != NULL)
		printf("  link-layer   %s address\n",
		       statusfile_find(file, "lladdr"));
	printf("  sandbox      %s: %s\n", statusfile_find(file, "sandbox"),
	       statusfile_find(file, "sandbox_parts") != NULL
		       ? statusfile_find(file, "sandbox_parts")
		       : "");
	print_counters(file, "sent", "sent_");
	print_counters(file, "dropped", "dropped_");
	printf("  counted      ");
	print_number(file, "retransmissions", "retransmissions, ");
	print_number(file, "naks", "NAKs, ");
	print_number(file, "conflicts", "conflicts, ");
	print_number(file, "offers_refused", "offers refused\n");
}

static void print_text(const struct query *query, const struct statusfile *file,
		       bool running)
{
	print_name(statusfile_find(file, "interface"));
	printf(": %s since %s\n", statusfile_find(file, "state"),
	       statusfile_find(file, "since"));
	if (!running)
		printf("  NOT RUNNING: process %s has gone; the rest is as it "
		       "left it at %s\n",
		       statusfile_find(file, "pid"),
		       statusfile_find(file, "written"));
	if (statusfile_find(file, "retry") != NULL)
		printf("  again in     %lld s\n",
		       (long long)left(query, file, "retry", 0));
	print_lease(query, file);
	print_worker(file);
	printf("               ");
	print_number(file, "routes_refused", "routes refused, ");
	print_number(file, "workers_failed", "workers failed\n");
	printf("  process      %s, written %s\n", statusfile_find(file, "pid"),
	       statusfile_find(file, "written"));
}

static void show(struct query *query, const char *name)
{
	static ROOM struct statusfile file;
	char path[sizeof(DIRECTORY) + LINK_NAME_MAX + sizeof(SUFFIX)];
	char text[FILE_MAX];
	ssize_t length;
	bool running;

	snprintf(path, sizeof(path), DIRECTORY "%s" SUFFIX, name);
	length = store_read(path, text, sizeof(text));
	if (length == -ENOENT) {
		fprintf(stderr, "%s: %s: no client of ours runs here\n",
			query->program, name);
		return;
	}
	/* what is shown under a name must say that it is about it */
	if (length >= 0 &&
	    (strlen(text) != (size_t)length || !statusfile_read(text, &file) ||
	     !text_equals(statusfile_find(&file, "interface"), name)))
		length = -EBADMSG;
	if (length < 0) {
		fprintf(stderr, "%s: %s: %s\n", query->program, path,
			length == -EBADMSG ? "not a status file of ours"
					   : strerror((int)-length));
		query->failed = true;
		return;
	}
	running = is_running(&file);
	query->running += running;
	if (query->wants_json)
		print_json(query, &file, running);
	else
		print_text(query, &file, running);
}

static void show_all(struct query *query)
{
	glob_t found;

	if (glob(DIRECTORY "*" SUFFIX, 0, NULL, &found) != 0) {
		fprintf(stderr, "%s: no client of ours runs here\n",
			query->program);
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *name = found.gl_pathv[i] + strlen(DIRECTORY);
		const size_t length = strlen(name) - strlen(SUFFIX);

		if (length >= LINK_NAME_MAX)
			continue; /* no link can have that name */
		name[length] = '\0';
		show(query, name);
	}
	globfree(&found);
}

int query_status(const struct options *options)
{
	struct query query = {
		.program = program_invocation_short_name,
		.now = clock_epoch_s(),
		.wants_json = options->json,
		.separator = "",
	};

	if (query.wants_json)
		putchar('[');
	for (size_t i = 0; i < options->interface_count; i++)
		show(&query, options->interface[i]);
	if (options->interface_count == 0)
		show_all(&query);
	if (query.wants_json)
		puts("]");
	if (fflush(stdout) != 0) {
		fprintf(stderr, "%s: standard output: %s\n", query.program,
			strerror(errno));
		return EXIT_FAILURE;
	}
	if (query.failed)
		return EXIT_FAILURE;
	return query.running > 0 ? EXIT_SUCCESS : EXIT_NOT_RUNNING;
}
