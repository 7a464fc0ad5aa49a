/*
 * The monitor's side of the pipe: what passes notice_check is made into an
 * environment, a leases file, a status file, as the monitor does.  Input: an
 * octet that says whether the rest is a notice as it is, or is made into one:
 * reason, times, then code, length and text of each variable.
 */
#include "notice.h"

#include "env.h"
#include "fuzz.h"
#include "route.h"
#include "status.h"
#include "statusfile.h"

#define STATUS_SIZE 8192

static size_t make_script(struct reader *in, union notice *notice)
{
	struct notice_script *script = &notice->script;

	script->type = NOTICE_SCRIPT;
	script->reason = fuzz_u8(in) % 8;
	script->times =
		(struct notice_times){fuzz_u16(in), fuzz_u16(in), fuzz_u32(in)};
	while (reader_left(in) > 0 && script->variables.count < VARIABLES_MAX) {
		const uint16_t code = fuzz_u16(in) % (FIELD_END + 2);
		size_t length = fuzz_u8(in);
		char text[256] = "";

		if (length > reader_left(in))
			length = reader_left(in);
		reader_copy(in, length, text);
		variables_add(&script->variables, code, text);
	}
	return notice_script_length(script);
}

static size_t make(struct reader *in, union notice *notice)
{
	const uint8_t how = fuzz_u8(in);
	size_t length = reader_left(in);

	memset(notice, 0, sizeof(*notice));
	if (how == 1)
		return make_script(in, notice);
	if (length > sizeof(*notice))
		length = sizeof(*notice);
	reader_copy(in, length, notice);
	switch (how) {
	case 2:
		notice->type = NOTICE_LOG;
		return sizeof(notice->log);
	case 3:
		notice->type = NOTICE_STATE;
		return sizeof(notice->state);
	case 4:
		notice->type = NOTICE_SCRIPT;
		return notice_script_length(&notice->script);
	case 5:
		notice->type = NOTICE_OFFER;
		return sizeof(notice->offer);
	}
	return length;
}

static void run_script(const struct notice_script *script)
{
	static struct lease_record record;
	static struct variables lease;
	static struct env env;
	const struct env_input input = {
		.reason = REASON_REBIND,
		.interface = "eth0",
		.new_lease = {&lease, script->times.expiry_s},
		.old_lease = {&lease, script->times.expiry_s}};

	if (script->variables.count == 0)
		return;
	must_be_fit(&script->variables);
	record.variables = script->variables;
	memcpy(record.interface, "eth0", sizeof("eth0"));
	record.renew = script->times.t1_s;
	record.rebind = script->times.t2_s;
	record.expire = script->times.expiry_s;
	must_survive_the_file(&record);
	lease = script->variables;
	route_policy_apply(ROUTES_GATEWAY, &lease, NULL, 0);
	must_be_fit(&lease);
	env_render(&input, &env);
	for (size_t i = 0; i < env.count; i++)
		must_be_harmless(env.entry[i]);
}

/* What --dry-run prints. */
static void read_offer(const struct offer *offer)
{
	const char *text;
	uint32_t at = 0;

	must(lease_refusal_name((enum lease_refusal)offer->refusal) != NULL);
	for (uint32_t i = 0; i < offer->refused_count; i++)
		must(option_result_name(
			     (enum option_result)offer->refused[i].result) !=
		     NULL);
	while (variables_next(&offer->variables, &at, &text) != NULL)
		must_be_harmless(text);
}

static void write_status(const struct notice_state *state)
{
	static char buffer[STATUS_SIZE];
	static struct statusfile file;
	struct text text = text_in(buffer, sizeof(buffer));
	const struct status status = {
		.interface = "eth0", .pid = 1, .worker = state};

	status_write(&status, &text);
	must(statusfile_read(buffer, &file));
	must(!text.cut && text.length > 0 && buffer[text.length - 1] == '\n');
	for (size_t i = 0; i < text.length; i++)
		must(buffer[i] == '\n' ||
		     (buffer[i] >= ' ' && buffer[i] <= '~'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static union notice notice;
	struct reader in = reader_of(data, size);
	const size_t length = make(&in, &notice);

	switch (notice_check(&notice, length)) {
	case NOTICE_INVALID:
		break;
	case NOTICE_SCRIPT:
		run_script(&notice.script);
		break;
	case NOTICE_LOG:
		must_be_printable(notice.log.text);
		break;
	case NOTICE_STATE:
		write_status(&notice.state);
		break;
	case NOTICE_RENEWAL: /* octets, which nobody reads */
		break;
	case NOTICE_OFFER:
		read_offer(&notice.offer.offer);
		break;
	}
	return 0;
}
