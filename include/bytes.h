/*
 * The one way in and out of a packet: a pointer that never passes its end.
 * Nothing else in the program indexes bytes from the network, so every length
 * is checked here and once.  All numbers are big-endian on the wire and in
 * host order in the program; `struct in_addr` alone stays in network order.
 *
 * Two pointers, because each has a bound of its own: that is how `make prove`
 * can tell that no read leaves the packet.  A comment that begins with an @ is
 * a hint for it.
 */
#ifndef DHCPCANON_BYTES_H
#define DHCPCANON_BYTES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The bytes still to be read; they belong to the caller. */
struct reader {
	const uint8_t *at;  /* the next one */
	const uint8_t *end; /* behind the last one; never below `at` */
};

/* Reads `length` bytes, from the first on. */
static inline struct reader reader_of(const uint8_t *bytes, size_t length)
{
	return (struct reader){bytes, bytes + length};
}

/* How many bytes are still to be read. */
static inline size_t reader_left(const struct reader *in)
{
	return (size_t)(in->end - in->at);
}

/*
 * Takes the next `length` bytes: `*out` points to them inside the reader's
 * buffer.  Returns false, and takes nothing, when fewer are left.
 */
static inline bool reader_take(struct reader *in, size_t length,
			       const uint8_t **out)
{
	if (length > PTRDIFF_MAX || in->end - in->at < (ptrdiff_t)length)
		return false;
	*out = in->at;
	in->at += length;
	return true;
}

/* Skips `length` bytes; false, skipping nothing, when fewer are left. */
static inline bool reader_skip(struct reader *in, size_t length)
{
	const uint8_t *skipped;

	return reader_take(in, length, &skipped);
}

/*
 * Splits the next `length` bytes off as a reader of their own, for a header
 * or an option whose own length says where it ends; false, splitting nothing,
 * when fewer are left.
 */
static inline bool reader_split(struct reader *in, size_t length,
				struct reader *out)
{
	const uint8_t *at;

	if (!reader_take(in, length, &at))
		return false;
	*out = (struct reader){at, in->at};
	return true;
}

/* Reads one octet; false when none is left. */
static inline bool reader_u8(struct reader *in, uint8_t *out)
{
	const uint8_t *at;

	if (!reader_take(in, 1, &at))
		return false;
	*out = at[0];
	return true;
}

/* Reads 16 bits, big-endian; false when fewer than 2 octets are left. */
static inline bool reader_u16(struct reader *in, uint16_t *out)
{
	const uint8_t *at;

	if (!reader_take(in, 2, &at))
		return false;
	*out = (uint16_t)((unsigned)at[0] << 8 | at[1]);
	return true;
}

/* Reads 32 bits, big-endian; false when fewer than 4 octets are left. */
static inline bool reader_u32(struct reader *in, uint32_t *out)
{
	const uint8_t *at;

	if (!reader_take(in, 4, &at))
		return false;
	*out = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
	return true;
}

/* Reads an IPv4 address, kept in network order; false when short. */
static inline bool reader_address(struct reader *in, struct in_addr *out)
{
	const uint8_t *at;

	if (!reader_take(in, sizeof(out->s_addr), &at))
		return false;
	memcpy(&out->s_addr, at, sizeof(out->s_addr));
	return true;
}

/* Copies `length` bytes out; false, copying nothing, when fewer are left. */
static inline bool reader_copy(struct reader *in, size_t length, void *out)
{
	const uint8_t *at;

	if (!reader_take(in, length, &at))
		return false;
	if (length > 0) /* 0 octets have no address that must be valid */
		memcpy(out, at, length);
	return true;
}

/*
 * The room still to be written, the caller's.  A write that does not fit
 * writes nothing and sets `full`, which stays set: a whole packet is written
 * and `full` is asked once at its end.
 */
struct writer {
	uint8_t *at;
	size_t left;
	bool full;
};

/* Writes `length` bytes of `bytes`. */
static inline void writer_bytes(struct writer *out, const void *bytes,
				size_t length)
{
	if (out->full || out->left < length) {
		out->full = true;
		return;
	}
	memcpy(out->at, bytes, length);
	out->at += length;
	out->left -= length;
}

/* Writes `length` zero octets. */
static inline void writer_zeros(struct writer *out, size_t length)
{
	if (out->full || out->left < length) {
		out->full = true;
		return;
	}
	memset(out->at, 0, length);
	out->at += length;
	out->left -= length;
}

/* Writes one octet. */
static inline void writer_u8(struct writer *out, uint8_t value)
{
	writer_bytes(out, &value, 1);
}

/* Writes 16 bits, big-endian. */
static inline void writer_u16(struct writer *out, uint16_t value)
{
	const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	writer_bytes(out, bytes, sizeof(bytes));
}

/* Writes 32 bits, big-endian. */
static inline void writer_u32(struct writer *out, uint32_t value)
{
	const uint8_t bytes[4] = {(uint8_t)(value >> 24),
				  (uint8_t)(value >> 16), (uint8_t)(value >> 8),
				  (uint8_t)value};

	writer_bytes(out, bytes, sizeof(bytes));
}

/* Writes an IPv4 address, which is in network order already. */
static inline void writer_address(struct writer *out, struct in_addr address)
{
	writer_bytes(out, &address.s_addr, sizeof(address.s_addr));
}

#endif
