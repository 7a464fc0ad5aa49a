/*
 * The configuration file as the program uses it: read once, before anything
 * is opened, then asked for each interface.  What it says is conf.h's.
 */
#ifndef DHCPCANON_CONFIGURATION_H
#define DHCPCANON_CONFIGURATION_H

#include "cli.h"
#include "conf.h"

/*
 * Reads options->conf_file, if one is named; a missing file is an empty one,
 * as for dhclient.  `timeout` and `script` stand in for options that were not
 * given, and if neither gives a script it is our own.  `options` is then
 * complete; it and what it borrows must stay.
 */
void configuration_read(struct options *options);

/*
 * The script that runs: the one that was given, else that of `conf`, else
 * dhclient's or our own.  Borrowed from either.
 */
const char *configuration_script(const struct options *options,
				 const struct conf *conf);

/*
 * Logs what is wrong with the file or not honoured in it, in one line a
 * mistake and one for all that is skipped.
 */
void configuration_log(const struct options *options);

/*
 * What the file says for `interface`: the statements outside of any block
 * and in that interface's own.  Logs what is wrong in the latter.
 */
void configuration_for(const struct options *options, const char *interface,
		       struct conf *out);

#endif
