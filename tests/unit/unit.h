/*
 * cmocka and the four headers that must come before it, in order.
 * clang-format would sort them.
 */
#ifndef DHCPCANON_UNIT_H
#define DHCPCANON_UNIT_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#endif
