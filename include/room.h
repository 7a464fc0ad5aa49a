/* Where large buffers lie. */
#ifndef DHCPCANON_ROOM_H
#define DHCPCANON_ROOM_H

/*
 * For a static buffer of some pages of which little is used: it begins a page,
 * behind all that is small (the linker sorts sections by name).  Otherwise what
 * is small lies between such buffers and costs a page of its own each time, in
 * the monitor and in every worker.  What nobody touches costs nothing.
 * AddressSanitizer would not watch the ends of what has a section.
 */
#ifdef __SANITIZE_ADDRESS__
#define ROOM
#else
#define ROOM __attribute__((section(".bss.room"), aligned(4096)))
#endif

#endif
