/*
 * Each reader_ function, with input of every length, asked for any length:
 * 1515 cases, each by itself, for which the other harnesses have no time.
 * What those can't know of a reader, that `at` and `end` go together, is
 * shown here.
 */
#include "bytes.h"

#include "prove.h"

static const uint8_t *at;

/* What is true of every reader: all from `at` to `end` may be read. */
static void must_be_whole(const struct reader *in)
{
	/*@ assert at <= in->at <= in->end <= &input[INPUT_MAX]; */
	(void)in;
}

static void take(struct reader in, size_t length)
{
	const uint8_t *taken;

	if (reader_take(&in, length, &taken)) {
		/*@ assert taken == at; */
	} else {
		/*@ assert in.at == at; */
	}
	must_be_whole(&in);
}

static void skip(struct reader in, size_t length)
{
	reader_skip(&in, length);
	must_be_whole(&in);
}

static void split(struct reader in, size_t length)
{
	struct reader part;

	if (!reader_split(&in, length, &part))
		return;
	must_be_whole(&in);
	must_be_whole(&part);
}

static void copy(struct reader in, size_t length)
{
	static uint8_t out[INPUT_MAX];

	if (reader_copy(&in, length, out))
		must_be_whole(&in);
}

static void read(struct reader in)
{
	struct in_addr address;
	uint32_t word;
	uint16_t half;
	uint8_t octet;
	struct reader again = in;

	if (reader_u8(&again, &octet))
		must_be_whole(&again);
	again = in;
	if (reader_u16(&again, &half))
		must_be_whole(&again);
	again = in;
	if (reader_u32(&again, &word))
		must_be_whole(&again);
	again = in;
	if (reader_address(&again, &address))
		must_be_whole(&again);
}

int main(void)
{
	const size_t length = Frama_C_unsigned_long_interval(0, SIZE_MAX);
	size_t left;
	struct reader in;

	any_input(&left);
	/*@ split left; */
	at = &input[INPUT_MAX] - left;
	in = reader_of(at, left);
	must_be_whole(&in);
	take(in, length);
	skip(in, length);
	split(in, length);
	copy(in, length);
	read(in);
	return reader_left(&in) == left;
}
