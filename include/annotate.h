/*
 * A frame of ours taken apart into fields: where each lies, what it is called,
 * what it says, and what it depends on.  The last is found out, by comparing
 * what is sent in different circumstances (rehearsal.h), and not claimed.
 */
#ifndef DHCPCANON_ANNOTATE_H
#define DHCPCANON_ANNOTATE_H

#include "rehearsal.h"
#include "text.h"

/* What an octet depends on; none: it is the same for everybody, always. */
enum origin {
	ORIGIN_MAC = 1,    /* the link-layer address in use */
	ORIGIN_CHANCE = 2, /* fresh random bits */
	ORIGIN_SERVER = 4, /* what the server said */
	ORIGIN_TIME = 8,   /* how long it has taken */
};

#define ANNOTATE_FIELDS_MAX 64
#define ANNOTATE_NAME_MAX 48  /* octets, the NUL included */
#define ANNOTATE_VALUE_MAX 64 /* likewise */

struct field {
	uint16_t offset, length; /* octets */
	unsigned origins;        /* of any of its octets: enum origin */
	bool is_checksum;        /* computed from the others */
	char name[ANNOTATE_NAME_MAX];
	char value[ANNOTATE_VALUE_MAX];
};

/* One frame; its fields lie side by side and leave no octet out. */
struct annotated {
	bool by_kernel;       /* a message whose headers the kernel writes */
	bool order_is_random; /* of the options */
	uint16_t length;      /* octets */
	size_t count;
	struct field field[ANNOTATE_FIELDS_MAX];
	bool has_option[256];
	uint8_t bytes[REHEARSAL_MAX];
};

/*
 * What would be sent with the address `mac` and `disclosure`, each frame
 * annotated; `xid` and `order` are random bits for the one that is shown.
 */
void annotate(const struct mac *mac, const struct disclosure *disclosure,
	      uint32_t xid, uint32_t order,
	      struct annotated out[REHEARSED_COUNT]);

/* Appends the words for a field's origins: "fixed", "random", … */
void annotate_origins(const struct field *field, struct text *out);

#endif
