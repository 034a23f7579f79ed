/* What linux.c starts: a benchmark built for qemu-ppc. */
#ifndef LINUX_H
#define LINUX_H

#include <stdint.h>

/* Of a run without arguments. */
extern const uint32_t linux_iterations;

/* Runs, with its variant if there is a second argument, and describes the outcome in `report` (96 bytes). 0 when all was right. */
int linux_run(uint32_t iterations, int variant, char *report);

#endif
