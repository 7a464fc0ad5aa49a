/*
 * Values of options as text.  Input: the code (two octets), how much room
 * there is (two), the value.
 */
#include "option.h"

#include "fuzz.h"

/* A name for scripts and one for files, found again. */
static void look_at_names(uint16_t code)
{
	char name[OPTION_NAME_MAX], file_name[OPTION_NAME_MAX];

	option_name(code, name);
	option_file_name(code, file_name);
	must((name[0] == '\0') == (option_kind(code) == KIND_NONE));
	must_be_harmless(name);
	if (file_name[0] != '\0')
		must(option_by_file_name(file_name, strlen(file_name)) == code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	const uint16_t code = fuzz_u16(&in) % (FIELD_END + 8);
	const size_t room = 2 + fuzz_u16(&in) % (size_t)(OPTION_TEXT_MAX + 64);
	char *buffer = malloc(room);
	struct text text;
	enum option_result result;

	must(buffer != NULL);
	text = text_in(buffer, room);
	text_add_char(&text, '!'); /* what it had, it keeps */
	look_at_names(code);
	result = option_to_text(code, in.at, reader_left(&in), &text);
	must(buffer[0] == '!' && strlen(buffer) == text.length && !text.cut);
	if (result == OPTION_OK) {
		must(option_text_is_clean(code, buffer + 1));
		must_be_harmless(buffer + 1);
		must(reader_left(&in) > 0 && option_kind(code) != KIND_NONE);
	} else {
		must(text.length == 1);
		must(option_result_name(result)[0] != '\0');
	}
	free(buffer);
	return 0;
}
