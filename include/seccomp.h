/*
 * seccomp(2): the worker's system calls, each on the descriptors and with the
 * arguments that it has a use for, and no others.
 */
#ifndef DHCPCANON_SECCOMP_H
#define DHCPCANON_SECCOMP_H

/*
 * Confines this process, which has the descriptors of enum worker_descriptor,
 * to the policy in seccomp.c, for good, and tries whether it is in force.
 * What an intruder would call kills the process from here on; what is merely
 * unknown fails with ENOSYS.  Takes no_new_privs and handles SIGSYS.  Returns
 * 0; or -errno (ENOSYS: not for this architecture; ENOTSUP: it was accepted
 * and stops nothing).
 */
int seccomp_enter(void);

/*
 * The number of a system call that the policy does not know and that was
 * tried; -1 if there was none, or if one was told of before.
 */
int seccomp_unknown_call(void);

#endif
