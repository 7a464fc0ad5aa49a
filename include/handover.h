/*
 * How a worker comes by its work: its first command, and with it the sockets
 * that the monitor has opened (SCM_RIGHTS, unix(7)).  By then the worker runs,
 * so that it can load while they are being opened.
 */
#ifndef DHCPCANON_HANDOVER_H
#define DHCPCANON_HANDOVER_H

#include "transport.h"

/*
 * Sends `command`, `size` octets, and the descriptors of `transport` but for
 * `udp`, all of which are open and stay the caller's.  Returns 0 or -errno.
 */
int handover_send(int pipe, const struct transport *transport,
		  const void *command, size_t size);

/*
 * Waits for what handover_send sends; afterwards the descriptors have the
 * numbers of enum worker_descriptor, from WORKER_PACKET on, and nothing else
 * is open above `pipe`, which is WORKER_PIPE.  Returns 0; or -errno: -EPIPE
 * when the other end has gone, -EBADMSG for anything else than `size` octets
 * and the five descriptors.
 */
int handover_receive(int pipe, void *command, size_t size);

#endif
