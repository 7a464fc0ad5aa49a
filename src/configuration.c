/*
 * One file, kept as text for the blocks of interfaces that come later.
 */
#include "configuration.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct {
	char text[CONF_FILE_MAX + 1];
	size_t length;
	int error; /* -errno of reading it */
	struct conf conf;
	struct conf_report report;
} file;

/*
 * Reads the user's file, which may be a link or a device, unlike our own:
 * how many octets, or -errno (-EFBIG when it is larger than we take).
 */
static ssize_t read_file(const char *path)
{
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = 1;

	if (descriptor < 0)
		return -errno;
	while (got > 0 && length < sizeof(file.text)) {
		got = read(descriptor, file.text + length,
			   sizeof(file.text) - length);
		if (got > 0)
			length += (size_t)got;
	}
	if (got < 0)
		got = -errno;
	close(descriptor);
	if (got < 0)
		return got;
	return length < sizeof(file.text) ? (ssize_t)length : -EFBIG;
}

void configuration_read(struct options *options)
{
	ssize_t length;

	if (options->conf_file == NULL)
		return;
	length = read_file(options->conf_file);
	if (length < 0) {
		file.error = length == -ENOENT ? 0 : (int)length;
		return;
	}
	file.length = (size_t)length;
	conf_read(file.text, file.length, &file.conf, &file.report);
	if (!options->timeout_given && file.conf.timeout_ms != 0)
		options->timeout_ms = file.conf.timeout_ms;
	if (!options->script_given && file.conf.script[0] != '\0')
		options->script = file.conf.script;
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
