/*
 * An option's value as a configuration file writes it (dhclient.conf(5)),
 * read into the text that the script gets.
 */
#ifndef DHCPCANON_VALUE_H
#define DHCPCANON_VALUE_H

#include "lexer.h"
#include "option.h"

/*
 * Reads what follows the token, up to and with the `;`, as the value of
 * option `code`, and appends it to the empty text `out`, of OPTION_TEXT_MAX
 * octets: "" for an empty string, or clean (option_text_is_clean).  Lists have
 * commas between their members or blanks; numbers are decimal; text is in
 * quotes.  Returns NULL, or what is wrong: a static phrase.
 */
const char *value_read(struct lexer *lexer, uint16_t code, struct text *out);

#endif
