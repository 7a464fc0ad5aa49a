/*
 * To the background and back: the command's parent, which the user sees, only
 * waits for the exit status; the daemon is its child from the first moment.
 */
#ifndef DHCPCANON_BACKGROUND_H
#define DHCPCANON_BACKGROUND_H

/*
 * Forks.  In the child returns a descriptor for background_release; the
 * parent exits with 0 as soon as it is released, or with the child's own
 * status if that ends before.  Returns -errno when that is not possible.
 */
int background_fork(void);

/*
 * Lets the parent go and leaves its session, directory and standard
 * descriptors (-1, or a second time: does nothing).
 */
void background_release(int *descriptor);

#endif
