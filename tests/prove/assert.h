/*
 * In place of the C library's: an assertion that may fail is an alarm, and
 * what follows it knows that it has held.
 */
#ifndef DHCPCANON_PROVE_ASSERT_H
#define DHCPCANON_PROVE_ASSERT_H

/*@ requires holds: truth != 0;
    assigns \nothing;
    ensures \false; */
void assertion(int truth);

#define assert(condition) ((condition) ? (void)0 : assertion(0))

#endif
