/*
 * The command line decides what this process becomes: a worker, somebody who
 * stops a running client, or, behind a parent that waits, the monitor.
 */
#include "audit.h"
#include "background.h"
#include "cli.h"
#include "configuration.h"
#include "dryrun.h"
#include "log.h"
#include "monitor.h"
#include "query.h"
#include "room.h"
#include "stop.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANAGER_SCRIPT "nm-dhcp-helper" /* NetworkManager's */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* As dhclient: the banner, the reason and the usage, all on stderr. */
static int refuse(const char *name, const char *error)
{
	fprintf(stderr, "dhcpcanon %s\n%s: %s\n%s", VERSION, name, error,
		cli_usage);
	return EXIT_FAILURE;
}

/*
 * Makes `path` absolute in `absolute`, since the daemon leaves this directory;
 * false with a sentence when that is not possible.  NULL stays NULL.
 */
static bool make_absolute(const char *name, const char **path,
			  char absolute[PATH_MAX])
{
	char directory[PATH_MAX];

	if (*path == NULL || (*path)[0] == '/')
		return true;
	if (getcwd(directory, sizeof(directory)) == NULL ||
	    snprintf(absolute, PATH_MAX, "%s/%s", directory, *path) >=
		    PATH_MAX) {
		fprintf(stderr, "%s: %s: no absolute path\n", name, *path);
		return false;
	}
	*path = absolute;
	return true;
}

static bool make_paths_absolute(const char *name, struct options *options)
{
	static ROOM char script[PATH_MAX], pid_file[PATH_MAX],
		lease_file[PATH_MAX];

	return make_absolute(name, &options->script, script) &&
	       make_absolute(name, &options->pid_file, pid_file) &&
	       make_absolute(name, &options->lease_file, lease_file);
}

/*
 * systemd and NetworkManager watch the process that they started: no fork for
 * them, nor with -d.  Whoever calls dhclient knows that it forks.
 */
static bool stays_in_foreground(const struct options *options,
				bool manager_decides)
{
	return options->foreground || manager_decides ||
	       (getenv("NOTIFY_SOCKET") != NULL &&
		options->personality != PERSONALITY_DHCLIENT);
}

/* True if `path` can be executed; else false, with errno set. */
static bool is_script(const char *path)
{
	struct stat status;

	if (access(path, X_OK) != 0 || stat(path, &status) != 0)
		return false;
	if (S_ISREG(status.st_mode))
		return true;
	errno = S_ISDIR(status.st_mode) ? EISDIR : EACCES;
	return false;
}

/* What was asked for and is not done, and on which interfaces the rest is. */
static void log_options(const struct options *options)
{
	size_t i;

	for (i = 0; i < options->note_count; i++)
		log_line(LOG_INFO, "%s: %s", options->note[i].flag,
			 options->note[i].reason);
	for (i = 0; i < options->extra_refused_count && i < CLI_REFUSED_MAX;
	     i++)
		log_line(LOG_WARNING, "-e %s ignored: not NAME=VALUE, or ours",
			 options->extra_refused[i]);
	if (options->extra_refused_count > CLI_REFUSED_MAX)
		log_line(LOG_WARNING, "and %zu more -e ignored",
			 options->extra_refused_count - CLI_REFUSED_MAX);
	for (i = 0; i < options->interface_count; i++)
		log_line(LOG_DEBUG, "dhcpcanon %s on %s", VERSION,
			 options->interface[i]);
}

static int run(const char *argv0, const char *name, struct options *options)
{
	struct monitor_start start = {
		.options = options,
		.argv0 = argv0,
		.parent = -1,
	};

	if (options->no_interfaces) {
		log_open(name,
			 (struct log_target){.to_stderr = options->to_stderr});
		log_options(options);
		return EXIT_SUCCESS;
	}
	configuration_read(options);
	if (!is_script(options->script)) {
		fprintf(stderr, "%s: script %s: %s\n", name, options->script,
			strerror(errno));
		return EXIT_FAILURE;
	}
	start.manager_decides =
		strcmp(base_name(options->script), MANAGER_SCRIPT) == 0;
	/* a dhclient's or a helper's caller is somebody else's service */
	start.is_service = !start.manager_decides &&
			   options->personality == PERSONALITY_DHCPCANON;
	if (!stays_in_foreground(options, start.manager_decides)) {
		start.parent = background_fork();
		if (start.parent < 0) {
			fprintf(stderr, "%s: background: %s\n", name,
				strerror(-start.parent));
			return EXIT_FAILURE;
		}
	}
	log_open(name, (struct log_target){.to_stderr = options->to_stderr,
					   .debug = options->is_verbose});
	log_options(options);
	configuration_log(options);
	/* what is wrong before the first frame is for whoever called */
	log_to_stderr(true);
	return monitor_run(&start);
}

/* What is worth a warning is for whoever called, on standard error too. */
static int dry_run(const char *argv0, const char *name, struct options *options)
{
	log_open(name, (struct log_target){.to_stderr = true,
					   .debug = options->is_verbose});
	configuration_read(options);
	log_options(options);
	configuration_log(options);
	return dryrun_interface(options, argv0);
}

/* Whatever is opened later must not become standard input or output. */
static void occupy_standard_descriptors(void)
{
	int descriptor;

	do {
		descriptor = open("/dev/null", O_RDWR);
	} while (descriptor >= 0 && descriptor <= STDERR_FILENO);
	if (descriptor >= 0)
		close(descriptor);
}

int main(int argc, char *argv[])
{
	static ROOM struct options options;
	const char *name = argc > 0 ? base_name(argv[0]) : "dhcpcanon";
	char error[256];

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return worker_main(name);
	occupy_standard_descriptors();
	if (!cli_parse(argc, argv, &options, error, sizeof(error)))
		return refuse(name, error);
	if (!make_paths_absolute(name, &options))
		return EXIT_FAILURE;
	switch (options.action) {
	case CLI_VERSION:
		fprintf(stderr, "dhcpcanon %s\n", VERSION);
		return EXIT_SUCCESS;
	case CLI_HELP:
		fputs(cli_usage, stderr);
		return EXIT_SUCCESS;
	case CLI_RELEASE:
	case CLI_STOP:
		/* why it failed is for whoever called */
		log_open(name,
			 (struct log_target){.to_stderr = options.to_stderr,
					     .debug = options.is_verbose,
					     .errors = true});
		configuration_read(&options);
		log_options(&options);
		configuration_log(&options);
		return stop_running_client(&options);
	case CLI_DRY_RUN:
		return dry_run(argv[0], name, &options);
	case CLI_AUDIT:
		return audit_interface(&options);
	case CLI_STATUS:
		return query_status(&options);
	case CLI_RUN:
		break;
	}
	return run(argv[0], name, &options);
}
