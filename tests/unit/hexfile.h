/*
 * Recorded packets for unit tests: tests/packets/NAME.hex has comment lines
 * that begin with '#', then octets in hex, white space anywhere between them.
 */
#ifndef DHCPCANON_HEXFILE_H
#define DHCPCANON_HEXFILE_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>

/* The value of a hexadecimal digit, -1 for any other character. */
static inline int hexfile_digit(int character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

/*
 * Reads the octets of the file `path` (relative to tests/, as in
 * "packets/raw-nak-nak.hex") into `out`; returns how many, 0 when the file
 * can't be read, is not hex, or holds more than `size` octets.
 */
static inline size_t hexfile_load(const char *path, uint8_t *out, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t length = 0;
	int high = -1;
	int character;

	if (file == NULL)
		return 0;
	while ((character = fgetc(file)) != EOF) {
		int digit;

		if (character == '#') {
			while (character != '\n' && character != EOF)
				character = fgetc(file);
			continue;
		}
		if (isspace(character))
			continue;
		digit = hexfile_digit(character);
		if (digit < 0 || length == size) {
			fclose(file);
			return 0;
		}
		if (high < 0) {
			high = digit;
			continue;
		}
		out[length++] = (uint8_t)(high << 4 | digit);
		high = -1;
	}
	fclose(file);
	return high < 0 ? length : 0;
}

#endif
