/*
 * dhclient.conf(5): any octets, then the same for an interface, then what the
 * file asks for done to a lease.
 */
#include "conf.h"

#include "fuzz.h"

#define LINE_SIZE 2048
#define FILLING 1500 /* octets of an option that takes up room */

/* A lease as the network gave it. */
static void make_lease(struct variables *variables)
{
	memset(variables, 0, sizeof(*variables));
	must(variables_add(variables, FIELD_IP_ADDRESS, "192.0.2.10"));
	must(variables_add(variables, OPTION_SUBNET_MASK, "255.255.255.0"));
	must(variables_add(variables, FIELD_NETWORK_NUMBER, "192.0.2.0"));
	must(variables_add(variables, OPTION_BROADCAST_ADDRESS, "192.0.2.255"));
	must(variables_add(variables, OPTION_DOMAIN_NAME_SERVERS, "192.0.2.1"));
	must(variables_add(variables, OPTION_ROUTERS, "192.0.2.1"));
}

/* And as many further options as there is room for. */
static void fill_lease(struct variables *variables)
{
	char text[FILLING + 1] = "";

	memset(text, 'a', FILLING);
	for (uint16_t code = 224; variables_add(variables, code, text); code++)
		;
}

static void look_at_report(const struct conf_report *report)
{
	char line[LINE_SIZE];
	struct text text = text_in(line, sizeof(line));

	must(report->skipped_count <= CONF_SKIPPED_MAX);
	conf_skipped_text(report, &text);
	must_be_printable(line);
	must((text.length == 0) == (report->skipped_count == 0));
	for (uint32_t i = 0; i < report->error_count && i < CONF_ERRORS_MAX;
	     i++) {
		text = text_in(line, sizeof(line));
		conf_error_text(&report->error[i], &text);
		must(text.length > 0);
		must_be_printable(line);
	}
}

static void look_at_names(const struct definitions *definitions)
{
	char name[OPTION_NAME_MAX];

	must(definitions->count <= DEFINITIONS_MAX);
	for (uint32_t i = 0; i < definitions->count; i++) {
		const uint16_t code = definitions->item[i].code;

		must(code > 0 && code < OPTION_END);
		definition_name(definitions, code, name);
		must_be_harmless(name);
		must(name[0] != '\0' && strpbrk(name, "=- ./:") == NULL);
		must(definition_like(definitions, code) < TYPE_END);
	}
}

static void look_at(const struct conf *conf)
{
	static struct variables variables;

	must(memchr(conf->script, '\0', CONF_SCRIPT_MAX) != NULL);
	must(conf->script[0] == '\0' || conf->script[0] == '/');
	must(conf->reject.count <= REJECT_MAX);
	must(conf->amendments.count <= AMEND_MAX &&
	     conf->amendments.size <= AMEND_TEXT_MAX);
	look_at_names(&conf->definitions);
	make_lease(&variables);
	amend_apply(&conf->amendments, &variables);
	must(variables_are_valid(&variables));
	if (conf->amendments.count == 0)
		return;
	make_lease(&variables);
	fill_lease(&variables);
	amend_apply(&conf->amendments, &variables);
	must(variables_are_valid(&variables));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf;
	static struct conf_report report;
	const char *text = (const char *)data;

	memset(&conf, 0, sizeof(conf));
	memset(&report, 0, sizeof(report));
	conf_read(text, size, &conf, &report);
	look_at(&conf);
	look_at_report(&report);
	conf_read_interface(text, size, "eth0", &conf, &report);
	look_at(&conf);
	look_at_report(&report);
	return 0;
}
