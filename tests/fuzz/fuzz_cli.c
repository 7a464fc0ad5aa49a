/* The command line.  Input: its words, one a line, the program's name first. */
#include "cli.h"

#include "fuzz.h"

#define WORDS_MAX 1100
#define ERROR_SIZE 160

static void look_at(const struct options *options)
{
	must(options->extra_count <= ENV_EXTRA_MAX);
	must(options->interface_count <= CLI_INTERFACES_MAX);
	for (size_t i = 0; i < CLI_REFUSED_MAX; i++)
		must((options->extra_refused[i] != NULL) ==
		     (i < options->extra_refused_count));
	must(options->action <= CLI_HELP && options->routes <= ROUTES_NONE);
	must(options->timeout_ms > 0);
	for (size_t i = 0; i < options->extra_count; i++)
		must(env_extra_is_allowed(options->extra[i]) &&
		     strlen(options->extra[i]) <= CLI_EXTRA_LENGTH_MAX);
	for (size_t i = 0; i < options->interface_count; i++)
		must(strlen(options->interface[i]) < LINK_NAME_MAX &&
		     options->interface[i][0] != '\0' &&
		     strchr(options->interface[i], '/') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	static char *words[WORDS_MAX + 1];
	char error[ERROR_SIZE] = "";
	char *text = fuzz_string(reader_of(data, size));
	char *at = text;
	int count = 0;

	while (at != NULL && count < WORDS_MAX) {
		words[count++] = at;
		at = strchr(at, '\n');
		if (at != NULL)
			*at++ = '\0';
	}
	words[count] = NULL;
	if (cli_parse(count, words, &options, error, sizeof(error)))
		look_at(&options);
	else
		must(error[0] != '\0' && strchr(error, '\n') == NULL);
	free(text);
	return 0;
}
