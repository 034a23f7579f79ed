/* The loop of near.c for qemu-ppc: `near.qemu [iterations [near]]`. */
#include "linux.h"
#include "near.h"

const uint32_t linux_iterations = NEAR_ROUNDS;

int linux_run(uint32_t iterations, int variant, char *report) {
  return near_run(iterations, variant, report);
}
