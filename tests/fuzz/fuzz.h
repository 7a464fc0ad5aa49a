/*
 * What the fuzz targets share.  A target is one file: LLVMFuzzerTestOneInput
 * (libFuzzer, or AFL++ with its driver for it) gives hostile octets to one
 * function of the program, and must() holds against the header what came out.
 */
#ifndef DHCPCANON_FUZZ_H
#define DHCPCANON_FUZZ_H

#include "leasefile.h"
#include "variables.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* True of every input; else this one is a finding. */
#define must(claim)                                                            \
	do {                                                                   \
		if (!(claim)) {                                                \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				      __LINE__, #claim);                       \
			abort();                                               \
		}                                                              \
	} while (0)

/* The next octet of the input; 0 at its end. */
static inline uint8_t fuzz_u8(struct reader *in)
{
	uint8_t value = 0;

	reader_u8(in, &value);
	return value;
}

static inline uint16_t fuzz_u16(struct reader *in)
{
	const unsigned high = fuzz_u8(in);

	return (uint16_t)(high << 8 | fuzz_u8(in));
}

static inline uint32_t fuzz_u32(struct reader *in)
{
	const uint32_t high = fuzz_u16(in);

	return high << 16 | fuzz_u16(in);
}

/* The rest of the input as a string, up to its first NUL; to be freed. */
static inline char *fuzz_string(struct reader in)
{
	char *string = malloc(reader_left(&in) + 1);

	must(string != NULL);
	string[reader_left(&in)] = '\0';
	reader_copy(&in, reader_left(&in), string);
	return string;
}

/* The character after character of what came out is no news to the fuzzer. */
#define UNSEEN __attribute__((no_sanitize("coverage")))

/*
 * What may reach a script: a set which has nothing that a shell or a
 * terminal takes for more than itself.
 */
UNSEEN static inline void must_be_harmless(const char *text)
{
	for (; *text != '\0'; text++)
		must((*text >= 'a' && *text <= 'z') ||
		     (*text >= 'A' && *text <= 'Z') ||
		     (*text >= '0' && *text <= '9') ||
		     strchr(" %+,-./:=@_~#", *text) != NULL);
}

UNSEEN static inline void must_be_printable(const char *text)
{
	for (; *text != '\0'; text++)
		must(*text >= ' ' && *text <= '~');
}

/* Variables that go to a script: valid, harmless, and without a host name. */
static inline void must_be_fit(const struct variables *variables)
{
	const char *text;
	uint32_t at = 0;

	must(variables_are_valid(variables));
	must(variables_find(variables, OPTION_HOST_NAME) == NULL);
	while (variables_next(variables, &at, &text) != NULL)
		must_be_harmless(text);
}

/* What is written to the leases file is read back the same. */
static inline void must_survive_the_file(const struct lease_record *record)
{
	static char buffer[LEASEFILE_BLOCK_MAX];
	static struct lease_record again;
	struct text text = text_in(buffer, sizeof(buffer));
	const struct variable *item;
	const char *value, *other;
	uint32_t at = 0;

	leasefile_write(record, NULL, &text);
	must(!text.cut);
	must(leasefile_read(buffer, text.length, record->interface, NULL,
			    &again));
	must(again.renew == record->renew && again.rebind == record->rebind &&
	     again.expire == record->expire);
	while ((item = variables_next(&record->variables, &at, &value))) {
		/* not on file: computed again, or not kept */
		if (item->code == FIELD_NEXT_SERVER ||
		    item->code == FIELD_BROADCAST ||
		    item->code == FIELD_NETWORK_NUMBER)
			continue;
		other = variables_find(&again.variables, item->code);
		must(other != NULL && strcmp(other, value) == 0);
	}
}

#endif
