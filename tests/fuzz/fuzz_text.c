/*
 * Text of options that somebody else made: what is taken for clean is
 * harmless, and is text that the leases file keeps.  Input: the code (two
 * octets), the text.
 */
#include "fuzz.h"

static void look_at(uint16_t code, const char *text)
{
	static struct lease_record record;
	struct variables *variables = &record.variables;

	must(text[0] != '\0' && strlen(text) < OPTION_TEXT_MAX);
	must_be_harmless(text);
	memset(&record, 0, sizeof(record));
	memcpy(record.interface, "eth0", sizeof("eth0"));
	if (code != FIELD_IP_ADDRESS)
		must(variables_add(variables, FIELD_IP_ADDRESS, "192.0.2.1"));
	must(variables_add(variables, code, text));
	must(variables_are_valid(variables));
	must_survive_the_file(&record);
	must(!variables_add(variables, code, text) ||
	     !variables_are_valid(variables));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	const uint16_t code = fuzz_u16(&in) % (FIELD_END + 8);
	char *text = fuzz_string(in);

	if (option_text_is_clean(code, text))
		look_at(code, text);
	free(text);
	return 0;
}
