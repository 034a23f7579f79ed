/* The mix for qemu-ppc: `mix.qemu [iterations]`. */
#include "linux.h"
#include "mix.h"

const uint32_t linux_iterations = MIX_ITERATIONS;

int linux_run(uint32_t iterations, int variant, char *report) {
  (void)variant;
  return mix_run(iterations, report);
}
