/*
 * The leases file: what is written comes back, dhclient's own files are read,
 * and nothing else does harm.
 */
#include "unit.h"

#include "leasefile.h"

#include <stdio.h>
#include <stdlib.h>

static char buffer[LEASEFILE_BLOCK_MAX];
static struct lease_record record, read_back;

/* A lease of cli0 without a value. */
static void start_record(void)
{
	memset(&record, 0, sizeof(record));
	strcpy(record.interface, "cli0");
	record.renew = 1795365105;
	record.rebind = 1795385514;
	record.expire = LEASEFILE_NEVER;
}

static void add(uint16_t code, const char *text)
{
	assert_true(option_text_is_clean(code, text));
	assert_true(variables_add(&record.variables, code, text));
}

static const char *written(void)
{
	struct text out = text_in(buffer, sizeof(buffer));

	leasefile_write(&record, NULL, &out);
	assert_false(out.cut);
	return buffer;
}

static bool read_text(const char *file)
{
	return leasefile_read(file, strlen(file), "cli0", NULL, &read_back);
}

static const char *value_read(uint16_t code)
{
	return variables_find(&read_back.variables, code);
}

static void a_copy_has_what_is_in_use_and_no_more(void **state)
{
	static struct lease_record copy;

	(void)state;
	start_record();
	add(FIELD_IP_ADDRESS, "10.77.0.100");
	add(OPTION_SUBNET_MASK, "255.255.255.0");
	memset(&copy, 'x', sizeof(copy));
	lease_record_copy(&copy, &record);
	assert_string_equal(copy.interface, "cli0");
	assert_int_equal(copy.renew, record.renew);
	assert_int_equal(copy.rebind, record.rebind);
	assert_int_equal(copy.expire, LEASEFILE_NEVER);
	assert_true(variables_are_valid(&copy.variables));
	assert_string_equal(variables_find(&copy.variables, FIELD_IP_ADDRESS),
			    "10.77.0.100");
	assert_int_equal(copy.variables.count, 2);
	/* whose page may never have been touched */
	assert_int_equal(copy.variables.text[copy.variables.size], 'x');
}

/* What the block says for option `code` with `text`. */
static void assert_statement(uint16_t code, const char *text,
			     const char *statement)
{
	start_record();
	add(FIELD_IP_ADDRESS, "10.77.0.100");
	add(code, text);
	if (strstr(written(), statement) == NULL)
		fail_msg("no %s in %s", statement, buffer);
	assert_true(read_text(buffer));
	assert_string_equal(value_read(code), text);
}

static void a_block_has_dhclients_statements_in_its_order(void **state)
{
	(void)state;
	start_record();
	add(OPTION_SUBNET_MASK, "255.255.255.0");
	add(FIELD_SERVER_NAME, "boot.example.org");
	add(OPTION_ROUTERS, "10.77.0.1 10.77.0.2");
	add(FIELD_FILENAME, "/boot/pxelinux.0");
	add(FIELD_NEXT_SERVER, "10.77.0.9");
	add(FIELD_NETWORK_NUMBER, "10.77.0.0");
	add(OPTION_BROADCAST_ADDRESS, "10.77.0.255");
	add(FIELD_IP_ADDRESS, "10.77.0.100");
	assert_string_equal(written(),
			    "lease {\n"
			    "  interface \"cli0\";\n"
			    "  fixed-address 10.77.0.100;\n"
			    "  filename \"/boot/pxelinux.0\";\n"
			    "  server-name \"boot.example.org\";\n"
			    "  option subnet-mask 255.255.255.0;\n"
			    "  option routers 10.77.0.1,10.77.0.2;\n"
			    "  option broadcast-address 10.77.0.255;\n"
			    "  renew 0 2026/11/22 16:31:45;\n"
			    "  rebind 0 2026/11/22 22:11:54;\n"
			    "  expire never;\n"
			    "}\n");
}

static void each_kind_is_written_as_dhclient_does_and_comes_back(void **state)
{
	(void)state;
	assert_statement(28, "10.77.0.255",
			 "option broadcast-address 10.77.0.255;");
	assert_statement(6, "10.77.0.53 10.77.0.54",
			 "option domain-name-servers 10.77.0.53,10.77.0.54;");
	assert_statement(33, "10.81.0.0 10.77.0.3 10.82.0.0 10.77.0.4",
			 "option static-routes 10.81.0.0 10.77.0.3,"
			 "10.82.0.0 10.77.0.4;");
	assert_statement(23, "60", "option default-ip-ttl 60;");
	assert_statement(26, "1400", "option interface-mtu 1400;");
	assert_statement(2, "-18000", "option time-offset -18000;");
	assert_statement(25, "68 296 508",
			 "option path-mtu-plateau-table 68,296,508;");
	assert_statement(19, "false", "option ip-forwarding false;");
	assert_statement(17, "10.77.0.1:/srv/root",
			 "option root-path \"10.77.0.1:/srv/root\";");
	assert_statement(40, "nis.example.org",
			 "option nis-domain \"nis.example.org\";");
	assert_statement(15, "example.org example.net",
			 "option domain-name \"example.org example.net\";");
	assert_statement(119, "example.org. eng.example.org.",
			 "option domain-search \"example.org.\", "
			 "\"eng.example.org.\";");
	assert_statement(137, "lost.example.org.",
			 "option v4-lost lost.example.org.;");
	assert_statement(121, "24 192 168 50 10 77 0 5 0 10 77 0 1",
			 "option rfc3442-classless-static-routes "
			 "24,192,168,50,10,77,0,5,0,10,77,0,1;");
	assert_statement(225, "0:1:2:ff", "option unknown-225 0:1:2:ff;");
	assert_statement(224, "hello site",
			 "option unknown-224 \"hello site\";");
	assert_statement(224, "a:", "option unknown-224 \"a:\";");
	assert_statement(224, "a:bcd", "option unknown-224 \"a:bcd\";");
	assert_statement(94, "1 2 3", "option pxe-interface-id 1 2 3;");
	assert_statement(78, "true 10.77.0.19 10.77.0.20",
			 "option slp-directory-agent true "
			 "10.77.0.19,10.77.0.20;");
	assert_statement(79, "true one two",
			 "option slp-service-scope true \"one two\";");
	assert_statement(79, "false", "option slp-service-scope false;");
}

static void an_option_of_the_users_has_the_users_name_and_type(void **state)
{
	static const struct definitions definitions = {
		.count = 2,
		.item = {{.code = 224, .like = 4, .name = "our-servers"},
			 {.code = 225, .like = 43, .name = "our-place"}},
	};
	struct text out = text_in(buffer, sizeof(buffer));

	(void)state;
	start_record();
	add(FIELD_IP_ADDRESS, "10.77.0.100");
	add(224, "10.77.0.1 10.77.0.2");
	add(225, "here");
	leasefile_write(&record, &definitions, &out);
	assert_non_null(strstr(buffer, "  option our-servers 10.77.0.1,"
				       "10.77.0.2;\n"
				       "  option our-place \"here\";\n"));
	assert_true(leasefile_read(buffer, out.length, "cli0", &definitions,
				   &read_back));
	assert_string_equal(value_read(224), "10.77.0.1 10.77.0.2");
	assert_string_equal(value_read(225), "here");
	/* who does not know the names any more does without the values */
	assert_true(read_text(buffer));
	assert_null(value_read(224));
}

/* A worker makes the text, and the monitor knows only that it is harmless. */
static void a_value_that_is_not_of_the_users_type_is_quoted(void **state)
{
	static const struct definitions definitions = {
		.count = 1,
		.item = {{.code = 224, .like = 4, .name = "our-servers"}},
	};
	struct text out = text_in(buffer, sizeof(buffer));

	(void)state;
	start_record();
	add(FIELD_IP_ADDRESS, "10.77.0.100");
	add(224, "no address # at all");
	leasefile_write(&record, &definitions, &out);
	assert_non_null(strstr(
		buffer, "  option our-servers \"no address # at all\";\n"));
}

static void what_is_given_to_no_script_is_not_written(void **state)
{
	(void)state;
	start_record();
	add(FIELD_IP_ADDRESS, "10.77.0.100");
	assert_true(variables_add(&record.variables, OPTION_HOST_NAME, "me"));
	assert_null(strstr(written(), "host-name"));
	assert_null(strstr(buffer, "option"));
}

static void an_odd_interface_name_is_escaped_and_comes_back(void **state)
{
	static const char name[] = "a\"\\\x01\xc3\xa9";

	(void)state;
	start_record();
	add(FIELD_IP_ADDRESS, "10.77.0.100");
	strcpy(record.interface, name);
	assert_non_null(
		strstr(written(), "interface \"a\\042\\134\\001\\303\\251\";"));
	assert_true(
		leasefile_read(buffer, strlen(buffer), name, NULL, &read_back));
	assert_string_equal(read_back.interface, name);
}

static void network_and_broadcast_are_computed_when_read(void **state)
{
	(void)state;
	assert_true(read_text("lease { interface \"cli0\";"
			      "fixed-address 10.77.3.100;"
			      "option subnet-mask 255.255.254.0;"
			      "renew never; rebind never; expire never; }"));
	assert_string_equal(value_read(FIELD_NETWORK_NUMBER), "10.77.2.0");
	assert_string_equal(value_read(FIELD_BROADCAST), "10.77.3.255");
	assert_null(value_read(OPTION_BROADCAST_ADDRESS));
	assert_null(value_read(FIELD_NEXT_SERVER));
}

static void a_computed_broadcast_address_is_not_on_file(void **state)
{
	(void)state;
	start_record();
	add(FIELD_IP_ADDRESS, "10.77.0.100");
	add(FIELD_BROADCAST, "10.77.0.255");
	assert_null(strstr(written(), "broadcast"));
}

static void a_broadcast_address_on_file_is_kept(void **state)
{
	(void)state;
	assert_true(read_text("lease { interface \"cli0\";"
			      "fixed-address 10.77.3.100;"
			      "option subnet-mask 255.255.255.0;"
			      "option broadcast-address 10.77.3.0;"
			      "renew never; rebind never; expire never; }"));
	assert_string_equal(value_read(OPTION_BROADCAST_ADDRESS), "10.77.3.0");
}

static void without_a_mask_nothing_is_computed(void **state)
{
	(void)state;
	assert_true(read_text("lease { interface \"cli0\";"
			      "fixed-address 10.77.3.100;"
			      "renew never; rebind never; expire never; }"));
	assert_null(value_read(FIELD_NETWORK_NUMBER));
	assert_null(value_read(OPTION_BROADCAST_ADDRESS));
}

static void the_last_block_of_the_interface_counts(void **state)
{
	static const char file[] =
		"default-duid \"\\000\\001\";\n"
		"lease {\n interface \"cli0\"; fixed-address 10.0.0.1;\n"
		" renew never; rebind never; expire never;\n}\n"
		"lease {\n interface \"cli0\"; fixed-address 10.0.0.2;\n"
		" renew never; rebind never; expire never;\n}\n"
		"lease {\n interface \"cli1\"; fixed-address 10.0.0.3;\n"
		" renew never; rebind never; expire never;\n}\n";

	(void)state;
	assert_true(read_text(file));
	assert_string_equal(value_read(FIELD_IP_ADDRESS), "10.0.0.2");
	assert_true(
		leasefile_read(file, strlen(file), "cli1", NULL, &read_back));
	assert_string_equal(value_read(FIELD_IP_ADDRESS), "10.0.0.3");
	assert_false(
		leasefile_read(file, strlen(file), "cli", NULL, &read_back));
	assert_false(leasefile_read(file, strlen(file), "", NULL, &read_back));
	assert_false(leasefile_read(file, strlen(file), "a-name-of-16-chs",
				    NULL, &read_back));
}

static void other_statements_blanks_and_comments_are_passed_over(void **state)
{
	(void)state;
	assert_true(
		read_text("# a comment with lease { and \"\n"
			  "option space { lease; } lease;\n"
			  "lease\t{# another; }\n"
			  "bootp;;\n"
			  "medium \"link0 }\";\n"
			  "key { inner { deeper; } secret \"x\"; };\n"
			  "block { without; semicolon; }\n"
			  "interface \"cli0\"\n;"
			  "interface;\n"
			  "option;\n"
			  "option \"quoted\" 1;\n"
			  "option no-such-option 1;\n"
			  "fixed-address\r\n10.0.0.1  ;"
			  "option domain-name-servers 10.0.0.2 , 10.0.0.3;\n"
			  "renew\nnever;rebind never;expire\v\fnever;}"));
	assert_string_equal(value_read(FIELD_IP_ADDRESS), "10.0.0.1");
	assert_string_equal(value_read(OPTION_DOMAIN_NAME_SERVERS),
			    "10.0.0.2 10.0.0.3");
	assert_int_equal(read_back.variables.count, 2);
}

/* Reads a lease whose only option is `statement`; its value or NULL. */
/* Neither in a block of its own nor inside of another statement. */
static void only_a_statement_of_the_block_names_its_interface(void **state)
{
	static const char *const blocks[] = {
		"lease {\n  pool { interface \"cli0\"; }\n}\n",
		"lease {\n  option interface \"cli0\";\n}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct leasefile_block block;
		size_t at = 0;

		assert_true(leasefile_next(blocks[i], strlen(blocks[i]), &at,
					   &block));
		assert_string_equal(block.interface, "");
	}
}

static const char *option_from(uint16_t code, const char *statement)
{
	char file[OPTION_TEXT_MAX + 1000];

	snprintf(file, sizeof(file),
		 "lease { interface \"cli0\"; fixed-address 10.0.0.1; %s "
		 "renew never; rebind never; expire never; }",
		 statement);
	assert_true(read_text(file));
	return value_read(code);
}

static void a_value_that_is_not_clean_is_left_out(void **state)
{
	static char large[OPTION_TEXT_MAX + 100];

	(void)state;
	assert_null(option_from(3, "option routers <error>;"));
	assert_null(option_from(3, "option routers;"));
	assert_null(option_from(3, "option routers { 10.0.0.1; };"));
	assert_null(option_from(15, "option domain-name \"x\\$(id)\";"));
	assert_null(option_from(15, "option domain-name \"a\\000b\";"));
	assert_null(option_from(15, "option domain-name \"a\\000b\", \"c\";"));
	assert_null(option_from(15, "option domain-name \"a\\012b\";"));
	assert_null(option_from(15, "option domain-name \"a\\400b\";"));
	assert_string_equal(option_from(15, "option routers { 10.0.0.1; } "
					    "option domain-name \"x.org\";"),
			    "x.org");
	assert_null(option_from(12, "option host-name \"given\";"));
	assert_null(option_from(17, "option root-path \"/`id`\";"));
	snprintf(large, sizeof(large), "option root-path \"%0*d\";",
		 OPTION_TEXT_MAX, 0);
	assert_null(option_from(17, large));
	assert_string_equal(option_from(17, "option root-path \"/\\163rv\";"),
			    "/srv");
	assert_string_equal(option_from(17, "option root-path \"/\\srv\";"),
			    "/srv");
	assert_string_equal(option_from(17, "option root-path \"/\\16\";"),
			    "/16");
	assert_string_equal(option_from(17, "option root-path \"/\\168\";"),
			    "/168");
}

static void the_last_clean_value_of_an_option_counts(void **state)
{
	(void)state;
	assert_string_equal(option_from(3, "option routers 10.0.0.2;"
					   "option routers 10.0.0.3;"
					   "option routers 999.0.0.3;"),
			    "10.0.0.3");
}

static void options_beyond_the_room_there_is_are_left_out(void **state)
{
	static char file[16 * OPTION_TEXT_MAX];
	size_t length = 0;

	(void)state;
	length += (size_t)sprintf(file, "lease { interface \"cli0\";"
					"fixed-address 10.0.0.1;"
					"renew never; rebind never;"
					"expire never;");
	for (int code = 224; code < 232; code++)
		length += (size_t)sprintf(file + length,
					  "option unknown-%d \"%0*d-\";", code,
					  OPTION_TEXT_MAX - 100, 0);
	sprintf(file + length, "option subnet-mask 255.0.0.0; }");
	assert_true(read_text(file));
	assert_non_null(value_read(224));
	assert_null(value_read(231));
	assert_string_equal(value_read(FIELD_NETWORK_NUMBER), "10.0.0.0");
}

static void a_lease_without_address_or_times_is_none(void **state)
{
	(void)state;
	assert_true(read_text("lease { interface \"cli0\";"
			      "fixed-address 10.0.0.1; renew never;"
			      "rebind never; expire 4 1970/01/01 00:00:00;}"));
	assert_int_equal(read_back.expire, 0);
	assert_false(read_text("lease { interface \"cli0\"; renew never;"
			       "rebind never; expire never; }"));
	assert_false(read_text("lease { interface \"cli0\";"
			       "fixed-address 300.0.0.1; renew never;"
			       "option subnet-mask 255.0.0.0;"
			       "rebind never; expire never; }"));
	assert_false(read_text("lease { interface \"cli0\";"
			       "fixed-address 10.0.0.1; renew never;"
			       "rebind never; }"));
	assert_false(read_text("lease { interface \"cli0\";"
			       "fixed-address 10.0.0.1; renew never;"
			       "expire never; }"));
	assert_false(read_text("lease { interface \"cli0\";"
			       "fixed-address 10.0.0.1; rebind never;"
			       "expire never; }"));
}

static void a_time_that_is_none_spoils_the_lease(void **state)
{
	static const char *const wrong[] = {
		"nevar",
		"never mind",
		"\"\"",
		"x 2026/11/22 16:31:45",
		"02026/11/22 16:31:45",
		"0 226/11/22 16:31:45",
		"0 2026-11-22 16:31:45",
		"0 2026/1/22 16:31:45",
		"0 2026/11/2 16:31:45",
		"0 2026/11/22 6:31:45",
		"0 2026/11/22 16:1:45",
		"0 2026/11/22 16:31:5",
		"0 2026/11/22 16:31:455",
		"0 2026/11/22",
		"0 2026/02/30 16:31:45",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char file[256];

		snprintf(file, sizeof(file),
			 "lease { interface \"cli0\"; fixed-address 10.0.0.1;"
			 "renew %s; rebind never; expire never; }",
			 wrong[i]);
		assert_false(read_text(file));
	}
}

static void a_file_that_ends_in_a_block_does_not_have_it(void **state)
{
	static const char file[] =
		"lease { interface \"cli0\"; fixed-address 10.0.0.1;"
		"renew never; rebind never; expire never; option routers "
		"\"\\\"x\"; }";

	(void)state;
	assert_true(read_text(file));
	for (size_t length = 0; length < strlen(file); length++) {
		char *exact = malloc(length);

		assert_true(length == 0 || exact != NULL);
		memcpy(exact, file, length);
		assert_false(leasefile_read(exact, length, "cli0", NULL,
					    &read_back));
		free(exact);
	}
}

static void blocks_are_found_one_after_the_other(void **state)
{
	static const char file[] = "lease;lease lease {}lease{interface \"b\";}"
				   " lease { interface c; interface }"
				   "lease { interface \"a-name-of-16-chs\"; }"
				   "lease { interface \"a\\000\"; } lease {";
	struct leasefile_block block;
	size_t at = 0;

	(void)state;
	assert_true(leasefile_next(file, strlen(file), &at, &block));
	assert_string_equal(block.interface, "b");
	assert_int_equal(block.length, strlen("lease{interface \"b\";}"));
	assert_memory_equal(file + block.start, "lease{", 6);
	assert_int_equal(at, block.start + block.length);
	for (int i = 0; i < 3; i++) {
		assert_true(leasefile_next(file, strlen(file), &at, &block));
		assert_string_equal(block.interface, "");
	}
	assert_false(leasefile_next(file, strlen(file), &at, &block));
	assert_int_equal(at, strlen(file));
	assert_false(leasefile_next(file, strlen(file), &at, &block));
}

static size_t load(const char *name, char *file, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "leases/%s.leases", name);

	FILE *in = fopen(path, "r");

	assert_non_null(in);

	const size_t length = fread(file, 1, size, in);

	fclose(in);
	return length;
}

static const char *const recorded[] = {
	"dhcpd-overload-noprl-named",
	"dhcpd-rich-all",
	"dnsmasq-small-noprl-named",
	"kea-noprl-named",
	"medium-alias",
	"udhcpd-noprl-named",
};

#define RECORDED (sizeof(recorded) / sizeof(recorded[0]))

static void dhclients_own_files_are_read(void **state)
{
	char file[8192];

	(void)state;
	for (size_t i = 0; i < RECORDED; i++) {
		const size_t length = load(recorded[i], file, sizeof(file));

		assert_true(
			leasefile_read(file, length, "cli0", NULL, &read_back));
		assert_non_null(value_read(FIELD_IP_ADDRESS));
		assert_non_null(value_read(FIELD_NETWORK_NUMBER));
		assert_true((value_read(OPTION_BROADCAST_ADDRESS) == NULL) !=
			    (value_read(FIELD_BROADCAST) == NULL));
		assert_null(value_read(OPTION_HOST_NAME));
	}

	const size_t length = load(recorded[0], file, sizeof(file));

	assert_true(leasefile_read(file, length, "cli0", NULL, &read_back));
	assert_string_equal(value_read(119),
			    "example.org. eng.example.org. example.net.");
	assert_string_equal(value_read(225), "0:1:2:ff");
	assert_int_equal(read_back.expire, 1795369699);
}

static void what_was_read_is_written_and_read_the_same(void **state)
{
	static struct lease_record first;
	char file[8192];

	(void)state;
	for (size_t i = 0; i < RECORDED; i++) {
		const size_t length = load(recorded[i], file, sizeof(file));
		const struct variable *item;
		const char *value;
		uint32_t at = 0;

		assert_true(leasefile_read(file, length, "cli0", NULL, &first));
		record = first;
		assert_true(read_text(written()));
		assert_int_equal(read_back.variables.count,
				 first.variables.count);
		while ((item = variables_next(&first.variables, &at, &value)) !=
		       NULL)
			assert_string_equal(value_read(item->code), value);
		assert_int_equal(read_back.renew, first.renew);
		assert_int_equal(read_back.rebind, first.rebind);
		assert_int_equal(read_back.expire, first.expire);
	}
}

/* The same numbers in every run: xorshift32. */
static uint32_t random_bits(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void damaged_files_give_a_valid_lease_or_none(void **state)
{
	static const char octets[] = "{};,\"\\# \n01.:aez<$";
	char file[8192], damaged[8192];
	const size_t length = load(recorded[0], file, sizeof(file));
	uint32_t seed = 20261122;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		memcpy(damaged, file, length);
		for (uint32_t i = random_bits(&seed) % 8 + 1; i > 0; i--) {
			const size_t at = random_bits(&seed) % length;
			const uint32_t bits = random_bits(&seed);

			damaged[at] =
				octets[(bits >> 8) % (sizeof(octets) - 1)];
			if (bits & 1)
				damaged[at] = (char)(bits >> 8);
		}
		if (leasefile_read(damaged, length, "cli0", NULL, &read_back))
			assert_true(variables_are_valid(&read_back.variables));
	}
}

static void garbage_gives_no_lease(void **state)
{
	static const char *const words[] = {
		"lease ",  "{ ",     "} ",         "; ",     "\"",
		"option ", "cli0\"", "interface ", "renew ", "never ",
		"# ",      "\n",     "\\",         ", ",     "fixed-address ",
	};
	uint32_t seed = 7844;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char file[512] = "";
		const uint32_t count = random_bits(&seed) % 30;

		for (uint32_t i = 0; i < count; i++)
			strcat(file, words[random_bits(&seed) %
					   (sizeof(words) / sizeof(words[0]))]);

		char *exact = malloc(strlen(file) + 1);

		assert_non_null(exact);
		memcpy(exact, file, strlen(file));
		assert_false(leasefile_read(exact, strlen(file), "cli0", NULL,
					    &read_back));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_has_what_is_in_use_and_no_more),
		cmocka_unit_test(a_block_has_dhclients_statements_in_its_order),
		cmocka_unit_test(
			each_kind_is_written_as_dhclient_does_and_comes_back),
		cmocka_unit_test(
			an_option_of_the_users_has_the_users_name_and_type),
		cmocka_unit_test(
			a_value_that_is_not_of_the_users_type_is_quoted),
		cmocka_unit_test(what_is_given_to_no_script_is_not_written),
		cmocka_unit_test(
			an_odd_interface_name_is_escaped_and_comes_back),
		cmocka_unit_test(network_and_broadcast_are_computed_when_read),
		cmocka_unit_test(a_computed_broadcast_address_is_not_on_file),
		cmocka_unit_test(a_broadcast_address_on_file_is_kept),
		cmocka_unit_test(without_a_mask_nothing_is_computed),
		cmocka_unit_test(the_last_block_of_the_interface_counts),
		cmocka_unit_test(
			other_statements_blanks_and_comments_are_passed_over),
		cmocka_unit_test(
			only_a_statement_of_the_block_names_its_interface),
		cmocka_unit_test(a_value_that_is_not_clean_is_left_out),
		cmocka_unit_test(the_last_clean_value_of_an_option_counts),
		cmocka_unit_test(options_beyond_the_room_there_is_are_left_out),
		cmocka_unit_test(a_lease_without_address_or_times_is_none),
		cmocka_unit_test(a_time_that_is_none_spoils_the_lease),
		cmocka_unit_test(a_file_that_ends_in_a_block_does_not_have_it),
		cmocka_unit_test(blocks_are_found_one_after_the_other),
		cmocka_unit_test(dhclients_own_files_are_read),
		cmocka_unit_test(what_was_read_is_written_and_read_the_same),
		cmocka_unit_test(damaged_files_give_a_valid_lease_or_none),
		cmocka_unit_test(garbage_gives_no_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
