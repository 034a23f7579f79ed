/* Stores beside the code that does them: the benchmark for code and data that share a page. */
#ifndef NEAR_H
#define NEAR_H

#include <stdint.h>

#define NEAR_ROUNDS 20000u

/* Runs with its data on the page of the code (near) or on another one; the report says which, and if the sums are right. */
int near_run(uint32_t rounds, int near, char *report);

#endif
