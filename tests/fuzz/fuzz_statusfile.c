/*
 * A status file, which another user may have written, as --status reads it:
 * what is taken can be shown on a terminal and in JSON.  Input: the text.
 */
#include "statusfile.h"

#include "fuzz.h"
#include "json.h"

static void look_at(const struct statusfile *file)
{
	static char buffer[65536];
	struct text text = text_in(buffer, sizeof(buffer));
	struct json json = json_in(&text);

	must(file->count <= STATUS_KEYS_MAX);
	json_array(&json, NULL);
	for (size_t i = 0; i < file->count; i++) {
		const struct status_item *item = &file->item[i];

		if (item->kind != STATUS_NAME)
			must_be_printable(item->value);
		if (item->kind == STATUS_NUMBER)
			must(statusfile_number(file, item->key, -1) >= 0);
		if (item->kind == STATUS_MOMENT)
			must(statusfile_moment(item->value) >= 0);
		json_string(&json, NULL, item->value);
	}
	json_end_array(&json);
	must(!text.cut);
	must_be_printable(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct statusfile file;
	char *text = fuzz_string(reader_of(data, size));

	if (statusfile_read(text, &file))
		look_at(&file);
	free(text);
	return 0;
}
