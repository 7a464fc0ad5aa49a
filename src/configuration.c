/*
 * One file, kept as text for the blocks of interfaces that come later.
 */
#include "configuration.h"

#include "log.h"
#include "room.h"
#include "store.h"

#include <errno.h>
#include <string.h>

static ROOM struct {
	char text[CONF_FILE_MAX + 1];
	size_t length;
	int error; /* -errno of reading it */
	struct conf conf;
	struct conf_report report;
} file;

static void read_file(const struct options *options)
{
	const ssize_t length = store_read_given(options->conf_file, file.text,
						sizeof(file.text));

	if (length < 0) {
		file.error = length == -ENOENT ? 0 : (int)length;
		return;
	}
	file.length = (size_t)length;
	conf_read(file.text, file.length, &file.conf, &file.report);
}

void configuration_read(struct options *options)
{
	if (options->conf_file != NULL)
		read_file(options);
	if (!options->timeout_given && file.conf.timeout_ms != 0)
		options->timeout_ms = file.conf.timeout_ms;
	options->script = configuration_script(options, &file.conf);
}

const char *configuration_script(const struct options *options,
				 const struct conf *conf)
{
	if (!options->script_given && conf->script[0] != '\0')
		return conf->script;
	return options->script != NULL ? options->script : SCRIPT;
}

static void log_report(const char *path, const struct conf_report *report)
{
	char buffer[LOG_LINE_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	size_t i;

	for (i = 0; i < report->error_count && i < CONF_ERRORS_MAX; i++) {
		text = text_in(buffer, sizeof(buffer));
		conf_error_text(&report->error[i], &text);
		log_line(LOG_WARNING, "%s: %s", path, buffer);
	}
	if (report->error_count > CONF_ERRORS_MAX)
		log_line(LOG_WARNING, "%s: and %u more errors", path,
			 report->error_count - CONF_ERRORS_MAX);
	text = text_in(buffer, sizeof(buffer));
	conf_skipped_text(report, &text);
	if (text.length > 0)
		log_line(LOG_INFO, "%s: not honoured: %s", path, buffer);
}

void configuration_log(const struct options *options)
{
	if (file.error != 0)
		log_line(LOG_WARNING, "%s: %s", options->conf_file,
			 strerror(-file.error));
	log_report(options->conf_file, &file.report);
}

void configuration_for(const struct options *options, const char *interface,
		       struct conf *out)
{
	struct conf_report report;

	*out = file.conf;
	conf_read_interface(file.text, file.length, interface, out, &report);
	log_report(options->conf_file, &report);
}
