/* An integer mix in the manner of the well-known core benchmarks: one source for the board and for qemu-ppc. */
#ifndef MIX_H
#define MIX_H

#include <stdint.h>

#define MIX_ITERATIONS 4000  /* of one run, unless told otherwise; each is 164,027 instructions as built here */
#define MIX_EXPECTED 0x0FA5u /* what every iteration returns; computed on another architecture */

uint16_t mix_iteration(void);

/* Runs, checks every result, describes the outcome in `text` (96 bytes). 0 when all iterations agreed. */
int mix_run(uint32_t iterations, char *text);

#endif
