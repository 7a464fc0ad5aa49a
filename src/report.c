/*
 * The wording of the log.  Lines that dhclient has too keep its words: scripts
 * look for them.  A line at the default level names no link-layer address.
 */
#include "report.h"

#include <assert.h>
#include <stdio.h>
#include <syslog.h>

/*
 * %A is the address, %S the server, %I the interface, %N the number, %W the
 * word for it (a refusal or a kind of drop).
 */
struct wording {
	int level;
	char line[72];
};

static const struct wording wordings[REPORT_COUNT] = {
	[REPORT_OFFER] = {LOG_INFO, "DHCPOFFER of %A from %S on %I"},
	[REPORT_REFUSED] = {LOG_WARNING, "%I: offer of %A from %S refused: %W"},
	[REPORT_ACK] = {LOG_INFO, "DHCPACK of %A from %S on %I"},
	[REPORT_NAK] = {LOG_NOTICE, "DHCPNAK from %S on %I"},
	[REPORT_BOUND] = {LOG_INFO,
			  "bound to %A -- renewal in %N seconds. (%I)"},
	[REPORT_EXPIRED] = {LOG_NOTICE, "%I: lease of %A expired"},
	[REPORT_CONFLICT] = {LOG_WARNING,
			     "%I: %A is used by another host: declined"},
	[REPORT_DEFENDED] = {LOG_WARNING,
			     "%I: %A is claimed by another host: defended"},
	[REPORT_NO_OFFERS] = {LOG_NOTICE, "No DHCPOFFERS received. (%I)"},
	[REPORT_SCRIPT_REFUSED] = {LOG_WARNING,
				   "%I: the script refused %A: declined"},
	[REPORT_LINK_LOST] = {LOG_NOTICE, "%I: carrier lost"},
	[REPORT_LINK_BACK] = {LOG_NOTICE, "%I: carrier back"},
	[REPORT_RESUMED] = {LOG_NOTICE, "%I: resumed after %N seconds asleep"},
	[REPORT_MAC_CHANGED] = {LOG_NOTICE,
				"%I: link-layer address changed: beginning "
				"anew"},
	[REPORT_NATURAL_MASK] = {LOG_NOTICE,
				 "%I: no usable subnet mask from %S: that of "
				 "the class of %A is taken"},
	[REPORT_NO_ROUTER] = {LOG_NOTICE,
			      "%I: %S sent no router: no default route; "
			      "--request-options asks for one"},
	[REPORT_NO_DNS] = {LOG_NOTICE,
			   "%I: %S sent no DNS server; --request-options asks "
			   "for one"},
	[REPORT_DROPPED] = {LOG_DEBUG, "%I: dropped a reply from %S: %W"},
};

/* Only these two have one. */
static const char *word(const struct action *action)
{
	if (action->report.type == REPORT_REFUSED)
		return lease_refusal_name(
			(enum lease_refusal)action->report.number);
	assert(action->report.type == REPORT_DROPPED);
	return decode_name((enum decode)action->report.number);
}

static int report_report(const struct action *action, const char *interface,
			 struct text *out)
{
	const struct wording *wording = &wordings[action->report.type];
	const char *at;

	assert(action->report.type < REPORT_COUNT);
	for (at = wording->line; *at != '\0'; at++) {
		if (*at != '%') {
			text_add_char(out, *at);
			continue;
		}
		at++;
		if (*at == 'A')
			text_add_address(out, action->report.address);
		else if (*at == 'S')
			text_add_address(out, action->report.server);
		else if (*at == 'I')
			text_add(out, interface);
		else if (*at == 'N')
			text_add_number(out, action->report.number);
		else
			text_add(out, word(action));
	}
	return wording->level;
}

/* dhclient's lines: "DHCPREQUEST for A on IF to D port 67". */
static int report_message(const struct action *action, const char *interface,
			  struct text *out)
{
	const enum sent sent = action->message.sent;

	text_add(out, sent_name(sent));
	if (sent != SENT_DISCOVER) {
		text_add(out, sent == SENT_DECLINE ? " of " : " for ");
		text_add_address(out, action->message.address);
	}
	text_add(out, " on ");
	text_add(out, interface);
	text_add(out, " to ");
	text_add_address(out, action->message.destination);
	text_add(out, " port 67");
	if (sent == SENT_DISCOVER) {
		text_add(out, " interval ");
		text_add_number(out, action->message.interval_s);
	}
	return LOG_INFO;
}

int report_line(const struct action *action, const char *interface,
		struct text *out)
{
	switch (action->type) {
	case ACTION_BROADCAST:
	case ACTION_UNICAST:
		return report_message(action, interface, out);
	case ACTION_REPORT:
		return report_report(action, interface, out);
	case ACTION_ARP:
	case ACTION_ARP_WATCH:
	case ACTION_SCRIPT:
	case ACTION_EXIT:
		break;
	}
	return REPORT_SILENT;
}
