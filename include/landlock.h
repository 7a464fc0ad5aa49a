/*
 * Landlock (landlock(7)): a process that gave up every right over files,
 * TCP ports, and whoever is outside of it.
 */
#ifndef DHCPCANON_LANDLOCK_H
#define DHCPCANON_LANDLOCK_H

/*
 * Takes from this process for good all rights that this kernel's Landlock
 * knows of, as far as we do, and tries whether they have gone.  Takes
 * no_new_privs.  Returns the version of the kernel's interface that is in
 * force, of ours if that is lower; or -errno (ENOSYS, EOPNOTSUPP: there is no
 * Landlock; ENOTSUP: it is there and stops nothing).
 */
int landlock_enter(void);

#endif
