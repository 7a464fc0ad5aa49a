/* The reader and the writer: all or nothing, and never past the end. */
#include "unit.h"

#include "bytes.h"

static const uint8_t bytes[] = {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87};

static void numbers_are_read_big_endian(void **state)
{
	struct reader in = reader_of(bytes, sizeof(bytes));
	uint32_t word;
	uint16_t half;
	uint8_t octet;

	(void)state;
	assert_true(reader_u8(&in, &octet));
	assert_int_equal(octet, 0x81);
	assert_true(reader_u16(&in, &half));
	assert_int_equal(half, 0x8283);
	assert_true(reader_u32(&in, &word));
	assert_int_equal(word, 0x84858687);
	assert_int_equal(reader_left(&in), 0);
}

static void an_address_keeps_network_order(void **state)
{
	struct reader in = reader_of(bytes, sizeof(bytes));
	struct in_addr address;

	(void)state;
	assert_true(reader_address(&in, &address));
	assert_int_equal(address.s_addr, htonl(0x81828384));
	assert_int_equal(reader_left(&in), 3);
}

static void a_short_read_takes_nothing(void **state)
{
	struct reader in = reader_of(bytes, 0);
	struct in_addr address = {7};
	struct reader part = {bytes, bytes + 7};
	uint8_t copy[8] = {7};
	const uint8_t *at = copy;
	uint32_t word = 7;
	uint16_t half = 7;
	uint8_t octet = 7;

	(void)state;
	assert_false(reader_u8(&in, &octet));
	in.end = bytes + 1;
	assert_false(reader_u16(&in, &half));
	in.end = bytes + 3;
	assert_false(reader_u32(&in, &word));
	assert_false(reader_address(&in, &address));
	assert_false(reader_take(&in, 4, &at));
	assert_false(reader_skip(&in, 4));
	assert_false(reader_copy(&in, 4, copy));
	assert_false(reader_split(&in, 4, &part));
	assert_false(reader_take(&in, SIZE_MAX, &at));
	assert_ptr_equal(in.at, bytes);
	assert_int_equal(reader_left(&in), 3);
	assert_int_equal(octet + half + word + address.s_addr, 28);
	assert_int_equal(copy[0] + reader_left(&part), 14);
	assert_ptr_equal(at, copy);
}

static void what_is_taken_lies_in_the_buffer(void **state)
{
	struct reader in = reader_of(bytes, sizeof(bytes));
	struct reader part;
	const uint8_t *at;
	uint8_t copy[2];

	(void)state;
	assert_true(reader_skip(&in, 1));
	assert_true(reader_take(&in, 2, &at));
	assert_ptr_equal(at, bytes + 1);
	assert_true(reader_copy(&in, 2, copy));
	assert_memory_equal(copy, bytes + 3, 2);
	assert_true(reader_split(&in, 2, &part));
	assert_ptr_equal(part.at, bytes + 5);
	assert_int_equal(reader_left(&part), 2);
	assert_true(reader_take(&in, 0, &at));
	assert_int_equal(reader_left(&in), 0);
}

static void numbers_are_written_big_endian(void **state)
{
	const uint8_t expected[] = {1, 2, 3, 4,  5, 6, 7,   0,
				    0, 8, 9, 10, 0, 1, 0xff};
	const struct in_addr address = {htonl(0x0a000100)};
	uint8_t room[16];
	struct writer out = {.at = room, .left = sizeof(room)};

	(void)state;
	writer_u8(&out, 1);
	writer_u16(&out, 0x0203);
	writer_u32(&out, 0x04050607);
	writer_zeros(&out, 2);
	writer_bytes(&out, "\x08\x09", 2);
	writer_address(&out, address);
	assert_false(out.full);
	assert_int_equal(out.left, 1);
	assert_ptr_equal(out.at, room + 15);
	assert_memory_equal(room, expected, 14);
	assert_int_equal(room[14], 0);
}

static void a_write_that_does_not_fit_writes_nothing(void **state)
{
	uint8_t room[4] = {7, 7, 7, 7};
	struct writer out = {.at = room, .left = 3};

	(void)state;
	writer_u32(&out, 0);
	assert_true(out.full);
	assert_int_equal(out.left, 3);
	out = (struct writer){.at = room, .left = 3};
	writer_zeros(&out, 4);
	assert_true(out.full);
	assert_memory_equal(room, "\7\7\7\7", 4);
}

static void a_full_writer_stays_full(void **state)
{
	uint8_t room[4] = {7, 7, 7, 7};
	struct writer out = {.at = room, .left = 3};

	(void)state;
	writer_u32(&out, 0);
	writer_u8(&out, 0);
	writer_zeros(&out, 1);
	assert_true(out.full);
	assert_int_equal(out.left, 3);
	assert_memory_equal(room, "\7\7\7\7", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_big_endian),
		cmocka_unit_test(an_address_keeps_network_order),
		cmocka_unit_test(a_short_read_takes_nothing),
		cmocka_unit_test(what_is_taken_lies_in_the_buffer),
		cmocka_unit_test(numbers_are_written_big_endian),
		cmocka_unit_test(a_write_that_does_not_fit_writes_nothing),
		cmocka_unit_test(a_full_writer_stays_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
