/*
 * Options as text: what dhclient was seen to make of each (env/
 * option-table.tsv), where we differ on purpose, and that whatever is written
 * is clean by the check made on the other side of the pipe.
 */
#include "unit.h"

#include "option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Octets as (value, length). */
#define OCTETS(literal) (const uint8_t *)(literal), sizeof(literal) - 1

#define SIXTY_THREE                                                            \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name;
	const uint8_t *octets;
	size_t length;
} raw_values[] = {
	{"addr8", OCTETS("\x0a\x4d\x00\x01\x0a\x4d\x00\x02")},
	{"text", OCTETS("a-b.c")},
	{"bin3", OCTETS("\x00\xff\x7f")},
};

static void expect(uint16_t code, const uint8_t *value, size_t length,
		   const char *expected)
{
	char buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));

	assert_int_equal(option_to_text(code, value, length, &text), OPTION_OK);
	assert_string_equal(buffer, expected);
	assert_true(option_text_is_clean(code, buffer));
}

static void refuse(uint16_t code, const uint8_t *value, size_t length,
		   enum option_result expected)
{
	char buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));

	text_add(&text, "kept");
	assert_int_equal(option_to_text(code, value, length, &text), expected);
	assert_string_equal(buffer, "kept");
	assert_int_equal(text.length, 4);
	assert_false(text.cut);
}

static void expect_clean(uint16_t code, const char *text)
{
	if (!option_text_is_clean(code, text))
		fail_msg("option %u: \"%s\" is not clean", code, text);
}

static void expect_unclean(uint16_t code, const char *text)
{
	if (option_text_is_clean(code, text))
		fail_msg("option %u: \"%s\" is clean", code, text);
}

/* Codes that dhclient has no type for, or another one than we. */
static bool differs_on_purpose(unsigned code)
{
	return code == 12 || code == 97 || code == 146 || code == 212;
}

/* What was seen of `variable`, cut out of a line of the table; or NULL. */
static char *seen_value(char *line, const char *variable)
{
	char key[OPTION_NAME_MAX + 8];
	char *value, *end;

	(void)snprintf(key, sizeof(key), "new_%s=", variable);
	value = strstr(line, key);
	if (value == NULL)
		return NULL;
	value += strlen(key);
	end = strstr(value, " | ");
	if (end == NULL)
		end = strchr(value, '\n');
	*end = '\0';
	return value;
}

/* `line` is the rest of a row, behind its code. */
static void check_row(char *line, unsigned code)
{
	char name[OPTION_NAME_MAX], buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	const bool has_extra = strstr(line, "extra bytes") != NULL;
	enum option_result result = OPTION_UNNAMED;
	const char *raw = "?", *seen;

	option_name((uint16_t)code, name);
	seen = seen_value(line, name);
	for (size_t i = 0; i < 3; i++)
		if (strncmp(line + 1, raw_values[i].name,
			    strlen(raw_values[i].name)) == 0) {
			raw = raw_values[i].name;
			result = option_to_text((uint16_t)code,
						raw_values[i].octets,
						raw_values[i].length, &text);
		}
	if (result == OPTION_OK) {
		if (seen == NULL || strcmp(seen, buffer) != 0)
			fail_msg("%u %s: \"%s\", dhclient has \"%s\"", code,
				 raw, buffer, seen != NULL ? seen : "(none)");
		return;
	}
	/* refused: by dhclient, or too long, or escaped, or no routes */
	if (seen != NULL && strcmp(seen, "<error>") != 0 && !has_extra &&
	    strchr(seen, '\\') == NULL && strstr(seen, ".. ") == NULL &&
	    *seen != '\0' && option_kind((uint16_t)code) != KIND_ROUTES &&
	    code != 1 && code != 26)
		fail_msg("%u %s: refused (%s), dhclient has \"%s\"", code, raw,
			 option_result_name(result), seen);
}

static void
each_code_has_the_name_and_the_text_that_dhclient_gives(void **state)
{
	FILE *file = fopen("env/option-table.tsv", "r");
	char line[1024], *raw;
	unsigned code, rows = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		code = (unsigned)strtoul(line, &raw, 10);
		if (raw == line || differs_on_purpose(code))
			continue;
		check_row(raw, code);
		rows++;
	}
	(void)fclose(file);
	assert_int_equal(rows, (254 - 4 - 4) * 3);
}

static void
names_have_underscores_for_scripts_and_hyphens_in_files(void **state)
{
	char name[OPTION_NAME_MAX];

	(void)state;
	option_name(1, name);
	assert_string_equal(name, "subnet_mask");
	option_file_name(1, name);
	assert_string_equal(name, "subnet-mask");
	option_name(224, name);
	assert_string_equal(name, "unknown_224");
	option_file_name(224, name);
	assert_string_equal(name, "unknown-224");
	option_name(76, name);
	assert_string_equal(name, "streettalk_directory_assistance_server");
	option_name(54, name);
	assert_string_equal(name, "dhcp_server_identifier");
}

static void fields_have_a_name_for_scripts_alone(void **state)
{
	static const char *const names[] = {
		"ip_address",  "next_server",    "filename",
		"server_name", "network_number", "broadcast_address",
	};
	char name[OPTION_NAME_MAX];

	(void)state;
	for (unsigned i = 0; i < FIELD_END - FIELD_IP_ADDRESS; i++) {
		const uint16_t code = (uint16_t)(FIELD_IP_ADDRESS + i);

		option_name(code, name);
		assert_string_equal(name, names[i]);
		option_file_name(code, name);
		assert_string_equal(name, "");
	}
}

static void host_name_pad_and_end_are_given_to_no_script(void **state)
{
	static const uint16_t codes[] = {0, 12, 255, FIELD_END, 65535};
	char name[OPTION_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_int_equal(option_kind(codes[i]), KIND_NONE);
		option_name(codes[i], name);
		assert_string_equal(name, "");
		option_file_name(codes[i], name);
		assert_string_equal(name, "");
		refuse(codes[i], OCTETS("host"), OPTION_UNNAMED);
		expect_unclean(codes[i], "host");
	}
}

static void each_name_leads_back_to_its_code_and_no_other(void **state)
{
	char name[OPTION_NAME_MAX];

	(void)state;
	for (uint16_t code = 1; code < 255; code++) {
		option_file_name(code, name);
		if (code != 12)
			assert_int_equal(
				option_by_file_name(name, strlen(name)), code);
	}
	assert_int_equal(option_by_file_name("routers", 6), 0);
	assert_int_equal(option_by_file_name("routers = 1", 7), 3);
	assert_int_equal(option_by_file_name("routers", 0), 0);
	assert_int_equal(option_by_file_name("host-name", 9), 0);
	assert_int_equal(option_by_file_name("ip-address", 10), 0);
	assert_int_equal(option_by_file_name("unknown-003", 11), 0);
	assert_int_equal(option_by_file_name("unknown-3", 9), 0);
}

static void an_empty_value_gives_no_variable(void **state)
{
	(void)state;
	for (uint16_t code = 1; code < 255; code++)
		refuse(code, NULL, 0, OPTION_EMPTY);
	refuse(67, OCTETS("\0"), OPTION_EMPTY);
	refuse(15, OCTETS("\0"), OPTION_EMPTY);
	refuse(230, OCTETS("\0"), OPTION_EMPTY);
}

static void a_wrong_length_is_refused_rather_than_cut_or_an_error(void **state)
{
	(void)state;
	refuse(28, OCTETS("\xff\xff\xff"), OPTION_LENGTH);
	refuse(1, OCTETS("\xff\xff\xff\x00\x01"), OPTION_LENGTH);
	refuse(3, OCTETS("\x0a\x4d\x00\x01\x01"), OPTION_LENGTH);
	refuse(33, OCTETS("\x0a\x51\x00\x00\x0a\x4d\x00\x03\x0a\x52\x00\x00"),
	       OPTION_LENGTH);
	refuse(26, OCTETS("\x05"), OPTION_LENGTH);
	refuse(26, OCTETS("\x00\x00\x05\xdc"), OPTION_LENGTH);
	refuse(58, OCTETS("\x05\xdc"), OPTION_LENGTH);
	refuse(2, OCTETS("\x05\xdc"), OPTION_LENGTH);
	refuse(19, OCTETS("\x01\x01"), OPTION_LENGTH);
	refuse(25, OCTETS("\x01\x01\x01"), OPTION_LENGTH);
	refuse(78, OCTETS("\x01"), OPTION_LENGTH);
	refuse(94, OCTETS("\x01\x02"), OPTION_LENGTH);
	refuse(159, OCTETS("\x01\x02\x03\x04\x05"), OPTION_LENGTH);
}

static void types_of_the_users_are_written_as_dhclient_does(void **state)
{
	(void)state;
	expect(TYPE_S8, OCTETS("\xff"), "-1");
	expect(TYPE_S8, OCTETS("\x7f"), "127");
	expect(TYPE_S8S, OCTETS("\x01\xff\x80"), "1 -1 -128");
	expect(TYPE_S32S, OCTETS("\0\0\0\x01\x80\0\0\0"), "1 -2147483648");
	expect(TYPE_U32S, OCTETS("\0\0\0\x01\x80\0\0\0"), "1 2147483648");
	expect(TYPE_FLAGS, OCTETS("\0\x01\x02"), "false true true");
	refuse(TYPE_S8, OCTETS("\x01\x02"), OPTION_LENGTH);
	refuse(TYPE_U32S, OCTETS("\0\0\0\x01\x80"), OPTION_LENGTH);
	assert_false(option_text_is_clean(TYPE_S8, "128"));
	assert_false(option_text_is_clean(TYPE_S8, "-129"));
	assert_true(option_text_is_clean(TYPE_S8, "-128"));
	assert_int_equal(option_kind(TYPE_FIRST - 1), KIND_NONE);
	assert_int_equal(option_kind(TYPE_END), KIND_NONE);
}

static void numbers_are_decimal_and_only_two_are_bounded(void **state)
{
	(void)state;
	expect(51, OCTETS("\xff\xff\xff\xff"), "4294967295");
	expect(2, OCTETS("\xff\xff\xb9\xb0"), "-18000");
	expect(2, OCTETS("\x80\x00\x00\x00"), "-2147483648");
	expect(2, OCTETS("\x7f\xff\xff\xff"), "2147483647");
	expect(23, OCTETS("\x40"), "64");
	expect(25, OCTETS("\x00\x44\x01\x28"), "68 296");
	expect(26, OCTETS("\x05\xdc"), "1500");
	expect(26, OCTETS("\x02\x40"), "576");
	refuse(26, OCTETS("\x02\x3f"), OPTION_UNCLEAN);
	expect(94, OCTETS("\x01\x03\x0a"), "1 3 10");
	expect(159, OCTETS("\x06\x08\x04\x00"), "6 8 1024");
}

static void a_mask_is_contiguous_and_no_shorter_than_8_bits(void **state)
{
	(void)state;
	expect(1, OCTETS("\xff\xff\xff\x00"), "255.255.255.0");
	expect(1, OCTETS("\xff\xff\xff\xff"), "255.255.255.255");
	expect(1, OCTETS("\xff\x00\x00\x00"), "255.0.0.0");
	refuse(1, OCTETS("\xfe\x00\x00\x00"), OPTION_UNCLEAN);
	refuse(1, OCTETS("\xff\x00\xff\x00"), OPTION_UNCLEAN);
	refuse(1, OCTETS("\x00\x00\x00\x00"), OPTION_UNCLEAN);
}

static void flags_are_words_and_any_bit_is_true(void **state)
{
	(void)state;
	expect(19, OCTETS("\x02"), "true");
	expect(19, OCTETS("\x00"), "false");
	expect(78, OCTETS("\x01\x0a\x00\x00\x01\x0a\x00\x00\x02"),
	       "true 10.0.0.1 10.0.0.2");
	expect(79, OCTETS("\x01"), "true");
	expect(79, OCTETS("\x01\x00"), "true");
	expect(79, OCTETS("\x00 a"), "false  a");
	refuse(79, OCTETS("\x01;"), OPTION_UNCLEAN);
	refuse(79, OCTETS("\x01\x00\x01"), OPTION_UNCLEAN);
}

static void text_is_given_as_it_is_or_not_at_all(void **state)
{
	static const char clean[] = "AZaz09 %+,-./:=@_~#";

	(void)state;
	expect(67, (const uint8_t *)clean, sizeof(clean) - 1, clean);
	expect(67, (const uint8_t *)clean, sizeof(clean), clean);
	expect(17, OCTETS("10.0.0.1:/srv/a b=#%+,@~"),
	       "10.0.0.1:/srv/a b=#%+,@~");
	refuse(67, OCTETS("a\0b"), OPTION_UNCLEAN);
	refuse(67, OCTETS("a\0\0"), OPTION_UNCLEAN);
	for (unsigned octet = 1; octet < 256; octet++) {
		const uint8_t value[] = {'a', (uint8_t)octet, 'b'};

		if (strchr(clean, (int)octet) == NULL &&
		    !((octet | 0x20) >= 'a' && (octet | 0x20) <= 'z') &&
		    !(octet >= '0' && octet <= '9'))
			refuse(66, value, sizeof(value), OPTION_UNCLEAN);
	}
}

static void binary_is_text_if_it_can_be_and_hex_if_not(void **state)
{
	(void)state;
	expect(230, OCTETS("plain text"), "plain text");
	expect(230, OCTETS("text\0"), "text");
	expect(230, OCTETS("te\0t"), "74:65:0:74");
	expect(230, OCTETS("\x00\x01\x0a\xff"), "0:1:a:ff");
	expect(230, OCTETS("a;b"), "61:3b:62");
	expect(252, OCTETS("http://wpad/wpad.dat\n"),
	       "68:74:74:70:3a:2f:2f:77:70:61:64:2f:77:70:61:64:2e:64:61:74:a");
	expect(43, OCTETS("ANDROID_METERED"), "ANDROID_METERED");
	expect(97, OCTETS("\x00\xff\x7f"), "0:ff:7f");
	expect(61,
	       OCTETS("\x00"
		      "abc"),
	       "0:61:62:63");
}

static void names_follow_dhclients_rules(void **state)
{
	(void)state;
	expect(40, OCTETS("a-b_c.example.org"), "a-b_c.example.org");
	expect(40, OCTETS("example.org."), "example.org.");
	expect(40, OCTETS("12345"), "12345");
	expect(47, OCTETS("scope\0"), "scope");
	expect(40, OCTETS(SIXTY_THREE), SIXTY_THREE);
	refuse(40, OCTETS(SIXTY_THREE "a"), OPTION_UNCLEAN);
	refuse(40, OCTETS("b." SIXTY_THREE "a"), OPTION_UNCLEAN);
	expect(40,
	       OCTETS(SIXTY_THREE "." SIXTY_THREE "." SIXTY_THREE
				  "." SIXTY_THREE),
	       SIXTY_THREE "." SIXTY_THREE "." SIXTY_THREE "." SIXTY_THREE);
	refuse(40,
	       OCTETS(SIXTY_THREE "." SIXTY_THREE "." SIXTY_THREE
				  "." SIXTY_THREE "."),
	       OPTION_UNCLEAN);
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const names[] = {
		".",   ".a",   "a..b", "-a",    "a-",  "_a",      "a_",
		"a-.", "a-.b", "a.-b", "a;id",  "a b", "(none)",  "a\nb",
		"a/b", "a$b",  "a\\b", "a\"b",  "a'b", "caf\xe9", " a",
		"a ",  "a!b",  "a*",   "a\x7f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		refuse(40, (const uint8_t *)names[i], strlen(names[i]),
		       OPTION_UNCLEAN);
		refuse(FIELD_SERVER_NAME, (const uint8_t *)names[i],
		       strlen(names[i]), OPTION_UNCLEAN);
	}
	refuse(40, OCTETS("a\0b"), OPTION_UNCLEAN);
}

static void domain_name_may_be_a_list_with_single_blanks(void **state)
{
	(void)state;
	expect(15, OCTETS("example.org"), "example.org");
	expect(15, OCTETS("example.org. example.net"),
	       "example.org. example.net");
	refuse(15, OCTETS("example.org  example.net"), OPTION_UNCLEAN);
	refuse(15, OCTETS("example.org "), OPTION_UNCLEAN);
	refuse(15, OCTETS(" example.org"), OPTION_UNCLEAN);
	refuse(15, OCTETS("example.org\nnameserver 6.6.6.6"), OPTION_UNCLEAN);
}

static void a_search_list_is_decompressed(void **state)
{
	(void)state;
	expect(119,
	       OCTETS("\x07"
		      "example\x03org\0\x03"
		      "eng\xc0\x00"),
	       "example.org. eng.example.org.");
	expect(119, OCTETS("\x01p\x01q\x00\xc0\x02\x01r\xc0\x05"),
	       "p.q. q. r.q.");
	expect(88, OCTETS("\x03www\x00\x01q\xc0\x00"), "www. q.www.");
	expect(137,
	       OCTETS("\x03www\x07"
		      "example\x03"
		      "com\x00"),
	       "www.example.com.");
	refuse(137, OCTETS("\x03www\x00\x01q\x00"), OPTION_UNCLEAN);
}

static void a_search_list_that_does_not_parse_is_refused_whole(void **state)
{
	(void)state;
	refuse(119, OCTETS("\xc0\x00"), OPTION_UNCLEAN);      /* to itself */
	refuse(119, OCTETS("\x01p\xc0\x00"), OPTION_UNCLEAN); /* a loop */
	refuse(119, OCTETS("\x01p\xc0\x04\x01q\xc0\x00"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\xc0\x02\x01p\x00"), OPTION_UNCLEAN); /* forward */
	refuse(119, OCTETS("\x01p\x00\x01q\xc0\x7f"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\x01p\x00\xc0"), OPTION_UNCLEAN);
	refuse(119,
	       OCTETS("\x07"
		      "examp"),
	       OPTION_UNCLEAN);
	refuse(119,
	       OCTETS("\x03"
		      "com\x00\x07"
		      "examp"),
	       OPTION_UNCLEAN);
	refuse(119,
	       OCTETS("\x03"
		      "com"),
	       OPTION_UNCLEAN);
	refuse(119, OCTETS("\x00"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\x01p\x00\x00"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\x40p\x00"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\x80p\x00"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\x03p q\x00"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\x03p.q\x00"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\x02-q\x00"), OPTION_UNCLEAN);
	refuse(119, OCTETS("\x05$(id)\x00"), OPTION_UNCLEAN);
}

/* Appends `count` names of `labels` labels "z" to `at`. */
static size_t write_names(uint8_t *at, size_t count, size_t labels)
{
	uint8_t *const start = at;

	for (; count > 0; count--) {
		for (size_t i = 0; i < labels; i++) {
			*at++ = 1;
			*at++ = 'z';
		}
		*at++ = 0;
	}
	return (size_t)(at - start);
}

static void compression_can_not_blow_up_a_search_list(void **state)
{
	uint8_t value[1500];
	size_t length = write_names(value, 1, 127);

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		value[length++] = 0xc0;
		value[length++] = 0;
	}
	refuse(119, value, length, OPTION_LONG);

	/* RFC 1035 §2.3.4: 255 octets, its label's length and NUL included */
	length = write_names(value, 1, 128);
	refuse(119, value, length, OPTION_UNCLEAN);
	length = write_names(value, 1, 127);
	value[length++] = 1;
	value[length++] = 'y';
	value[length++] = 0xc0;
	value[length++] = 0;
	refuse(119, value, length, OPTION_UNCLEAN);

	/* 256 octets */
	length = write_names(value, 1, 126);
	value[length++] = 2;
	value[length++] = 'y';
	value[length++] = 'y';
	value[length++] = 0xc0;
	value[length++] = 0;
	refuse(119, value, length, OPTION_UNCLEAN);
}

static void more_text_than_fits_is_refused(void **state)
{
	uint8_t value[1500];
	char buffer[12];
	struct text text = text_in(buffer, sizeof(buffer));

	(void)state;
	memset(value, 0xff, sizeof(value));
	refuse(230, value, sizeof(value), OPTION_LONG);
	text_add(&text, "1234");
	assert_int_equal(option_to_text(67, OCTETS("12345678"), &text),
			 OPTION_LONG);
	assert_string_equal(buffer, "1234");
	assert_int_equal(option_to_text(67, OCTETS("1234567"), &text),
			 OPTION_OK);
	assert_string_equal(buffer, "12341234567");
}

static void routes_are_octets_and_must_parse_as_rfc_3442(void **state)
{
	(void)state;
	expect(121,
	       OCTETS("\x18\xc0\xa8\x32\x0a\x4d\x00\x05\x00\x0a\x4d\x00\x01"),
	       "24 192 168 50 10 77 0 5 0 10 77 0 1");
	expect(249, OCTETS("\x00\x0a\x4d\x00\x01"), "0 10 77 0 1");
	/* RFC 3442: what is beyond the width is zeroed */
	expect(121, OCTETS("\x14\x0a\x4d\x3f\x0a\x4d\x00\x01"),
	       "20 10 77 48 10 77 0 1");
	refuse(121, OCTETS("\x21\xc0\xa8\x01\x32"), OPTION_UNCLEAN);
	refuse(121, OCTETS("\x18\xc0\xa8"), OPTION_UNCLEAN);
	refuse(249, OCTETS("\x00\x0a\x4d\x00\x01\x00"), OPTION_UNCLEAN);
}

static void clean_text_is_exactly_what_can_be_written(void **state)
{
	static const struct {
		uint16_t code;
		const char *text;
	} clean[] =
		{
			{28, "10.0.0.255"},
			{3, "10.0.0.1 10.0.0.2"},
			{21, "1.2.3.4 5.6.7.8"},
			{23, "255"},
			{13, "65535"},
			{51, "4294967295"},
			{2, "-2147483648"},
			{2, "2147483647"},
			{2, "0"},
			{55, "0 255"},
			{19, "false"},
			{79, "true a b"},
			{78, "false 1.2.3.4"},
			{94, "0 1 2"},
			{159, "1 2 65535"},
			{121, "0 10 0 0 1"},
			{119, "a. b.c."},
			{137, "a.b."},
			{230, "0:1:ff"},
			{FIELD_FILENAME, "/a b"},
		},
	  unclean[] = {
		  {28, ""},
		  {28, "10.0.0.256"},
		  {28, "10.0.0.1 "},
		  {28, " 10.0.0.1"},
		  {28, "10.0.0.1 1.1.1.1"},
		  {28, "010.0.0.1"},
		  {1, "254.0.0.0"},
		  {1, "255.0.255.0"},
		  {1, "255.0.0.0 "},
		  {1, "x"},
		  {3, "10.0.0.1  10.0.0.2"},
		  {3, "10.0.0.1,10.0.0.2"},
		  {21, "1.2.3.4"},
		  {21, "1.2.3.4 5.6.7.8 9.9.9.9"},
		  {23, "256"},
		  {23, "01"},
		  {23, "-1"},
		  {13, "65536"},
		  {26, "575"},
		  {26, "65536"},
		  {26, "1500x"},
		  {51, "4294967296"},
		  {2, "-0"},
		  {2, "-2147483649"},
		  {2, "2147483648"},
		  {2, "-"},
		  {2, "+1"},
		  {55, "1 256"},
		  {55, "1:2"},
		  {19, "tru"},
		  {19, "truex"},
		  {19, "1"},
		  {79, "true "},
		  {79, "truea"},
		  {79, "true ;"},
		  {79, "maybe a"},
		  {78, "true"},
		  {78, "true 1.2.3"},
		  {78, "1.2.3.4"},
		  {94, "0 1"},
		  {94, "0 1 2 3"},
		  {159, "1 256 1"},
		  {121, "0 10 0 0 1 "},
		  {121, "0 10 0 0"},
		  {121, "24 10 0 0"},
		  {121, "20 10 77 63 10 77 0 1"},
		  {121, "0/0 10.0.0.1"},
		  {119, "a. b.c"},
		  {119, "a.  b."},
		  {119, "a. "},
		  {137, "a"},
		  {137, "a. b."},
		  {230, "a;b"},
		  {230, "$(id)"},
		  {230, "a\nb"},
		  {230, "\\000"},
		  {67, "<error>"},
		  {67, "`id`"},
		  {FIELD_IP_ADDRESS, "10.0.0.1; reboot"},
		  {FIELD_NETWORK_NUMBER, "10"},
		  {FIELD_FILENAME, "/a;reboot"},
		  {FIELD_SERVER_NAME, "boot example"},
	  };
	char text[OPTION_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(clean) / sizeof(clean[0]); i++)
		expect_clean(clean[i].code, clean[i].text);
	for (size_t i = 0; i < sizeof(unclean) / sizeof(unclean[0]); i++)
		expect_unclean(unclean[i].code, unclean[i].text);
	memset(text, 'a', OPTION_TEXT_MAX);
	text[OPTION_TEXT_MAX] = '\0';
	expect_unclean(67, text);
	text[OPTION_TEXT_MAX - 1] = '\0';
	expect_clean(67, text);
}

/* A small generator: the same values on each run. */
static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (uint32_t)((uint64_t)*seed * below >> 32);
}

/* Random octets: any, or those that text, names, routes, masks are made of. */
static size_t draw_value(uint32_t *seed, uint8_t out[64])
{
	static const char texts[] = "ab.- \x01\x02\x03\xc0\x18\x20\x0a:;";
	static const char names[] = {0, 1, 'a', (char)0xff};
	const size_t length = 1 + draw(seed, draw(seed, 2) == 0 ? 4 : 20);
	const uint32_t way = draw(seed, 3);

	for (size_t i = 0; i < length; i++) {
		if (way == 0)
			out[i] = (uint8_t)draw(seed, 256);
		else if (way == 1)
			out[i] = (uint8_t)texts[draw(seed, sizeof(texts))];
		else
			out[i] = (uint8_t)names[draw(seed, sizeof(names))];
	}
	return length;
}

static void whatever_is_written_is_clean(void **state)
{
	unsigned written[KIND_COUNT] = {0};
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		for (unsigned code = 0; code < TYPE_END; code++) {
			char buffer[OPTION_TEXT_MAX];
			struct text text = text_in(buffer, sizeof(buffer));
			uint8_t value[64];
			const size_t length = draw_value(&seed, value);

			if (option_to_text((uint16_t)code, value, length,
					   &text) != OPTION_OK)
				continue;
			expect_clean((uint16_t)code, buffer);
			written[option_kind((uint16_t)code)]++;
		}
	}
	for (size_t kind = KIND_NONE + 1; kind < KIND_COUNT; kind++)
		assert_true(written[kind] > 0);
}

/* What a shell or a configuration file could take amiss. */
static const char hostile[] = ";&|<>()$`\\\"'*?[]{}!^\n\r\t\x1b\x7f\x80\xff";

static void one_hostile_character_makes_any_text_unclean(void **state)
{
	uint32_t seed = 2;

	(void)state;
	for (unsigned round = 0; round < 1000; round++) {
		for (unsigned code = 0; code < FIELD_END; code++) {
			char buffer[OPTION_TEXT_MAX];
			struct text text = text_in(buffer, sizeof(buffer));
			uint8_t value[64];
			const size_t length = draw_value(&seed, value);

			if (option_to_text((uint16_t)code, value, length,
					   &text) != OPTION_OK)
				continue;
			buffer[draw(&seed, (uint32_t)text.length)] =
				hostile[draw(&seed, sizeof(hostile) - 1)];
			expect_unclean((uint16_t)code, buffer);
		}
	}
}

static void refusals_have_words(void **state)
{
	(void)state;
	assert_string_equal(option_result_name(OPTION_LENGTH), "wrong length");
	assert_string_equal(option_result_name(OPTION_UNCLEAN),
			    "unusable value");
	for (unsigned result = 0; result < OPTION_RESULTS; result++)
		assert_non_null(option_result_name((enum option_result)result));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_code_has_the_name_and_the_text_that_dhclient_gives),
		cmocka_unit_test(
			names_have_underscores_for_scripts_and_hyphens_in_files),
		cmocka_unit_test(fields_have_a_name_for_scripts_alone),
		cmocka_unit_test(host_name_pad_and_end_are_given_to_no_script),
		cmocka_unit_test(each_name_leads_back_to_its_code_and_no_other),
		cmocka_unit_test(an_empty_value_gives_no_variable),
		cmocka_unit_test(
			a_wrong_length_is_refused_rather_than_cut_or_an_error),
		cmocka_unit_test(
			types_of_the_users_are_written_as_dhclient_does),
		cmocka_unit_test(numbers_are_decimal_and_only_two_are_bounded),
		cmocka_unit_test(
			a_mask_is_contiguous_and_no_shorter_than_8_bits),
		cmocka_unit_test(flags_are_words_and_any_bit_is_true),
		cmocka_unit_test(text_is_given_as_it_is_or_not_at_all),
		cmocka_unit_test(binary_is_text_if_it_can_be_and_hex_if_not),
		cmocka_unit_test(names_follow_dhclients_rules),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(domain_name_may_be_a_list_with_single_blanks),
		cmocka_unit_test(a_search_list_is_decompressed),
		cmocka_unit_test(
			a_search_list_that_does_not_parse_is_refused_whole),
		cmocka_unit_test(compression_can_not_blow_up_a_search_list),
		cmocka_unit_test(more_text_than_fits_is_refused),
		cmocka_unit_test(routes_are_octets_and_must_parse_as_rfc_3442),
		cmocka_unit_test(clean_text_is_exactly_what_can_be_written),
		cmocka_unit_test(whatever_is_written_is_clean),
		cmocka_unit_test(one_hostile_character_makes_any_text_unclean),
		cmocka_unit_test(refusals_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
