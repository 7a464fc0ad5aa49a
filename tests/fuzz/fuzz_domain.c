/*
 * Names in RFC 1035's encoding (option 119), against a second reading of the
 * RFC that follows pointers by recursion and knows no limits of ours.
 */
#include "option.h"

#include "fuzz.h"

#define DOMAIN_SEARCH 119
#define TEXT_SIZE 65536
#define NAME_MAX_OCTETS 255 /* RFC 1035 §2.3.4 */

struct decoding {
	const uint8_t *value;
	size_t size;
	char text[TEXT_SIZE];
	size_t length;
};

static bool put(struct decoding *decoding, char character)
{
	if (decoding->length + 1 >= TEXT_SIZE)
		return false;
	decoding->text[decoding->length++] = character;
	decoding->text[decoding->length] = '\0';
	return true;
}

/* The name at `at`; returns where it ends, 0 when there is none. */
static size_t read_name(struct decoding *decoding, size_t at, unsigned hops)
{
	while (at < decoding->size && hops < 128) {
		const uint8_t head = decoding->value[at++];

		if (head == 0)
			return at;
		if (head >> 6 == 3 && at < decoding->size) {
			const size_t to =
				(head & 0x3fU) << 8 | decoding->value[at++];

			return read_name(decoding, to, hops + 1) ? at : 0;
		}
		if (head >> 6 != 0 || head > decoding->size - at)
			return 0;
		for (unsigned i = 0; i < head; i++)
			if (!put(decoding, (char)decoding->value[at++]))
				return 0;
		if (!put(decoding, '.'))
			return 0;
	}
	return 0;
}

static bool read_names(struct decoding *decoding)
{
	size_t at = 0, start;

	decoding->length = 0;
	decoding->text[0] = '\0';
	while (at < decoding->size) {
		if (at > 0 && !put(decoding, ' '))
			return false;
		start = decoding->length;
		at = read_name(decoding, at, 0);
		/* a dot for each length, and the root's */
		if (at == 0 || decoding->length - start + 1 > NAME_MAX_OCTETS)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct decoding decoding;
	char buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));

	if (option_to_text(DOMAIN_SEARCH, data, size, &text) != OPTION_OK)
		return 0;
	must_be_harmless(buffer);
	decoding.value = data;
	decoding.size = size;
	must(read_names(&decoding));
	must(strcmp(buffer, decoding.text) == 0);
	return 0;
}
