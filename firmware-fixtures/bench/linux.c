/* A benchmark as a static Linux program without a C library, for qemu-ppc: `NAME.qemu [iterations [variant]]`. */
#include "linux.h"

static long system_call(long number, long a, long b, long c) {
  register long r0 __asm__("r0") = number;
  register long r3 __asm__("r3") = a;
  register long r4 __asm__("r4") = b;
  register long r5 __asm__("r5") = c;

  __asm__ volatile("sc"
                   : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5)
                   :
                   : "memory", "cr0", "ctr", "r6", "r7", "r8", "r9", "r10", "r11", "r12");
  return r3;
}

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  mr 3, 1\n"
    "  li 0, 0\n"
    "  stwu 0, -64(1)\n"
    "  bl linux_main\n");

/* The kernel leaves argc and the argument pointers on the stack. */
void linux_main(const long *stack) {
  char report[96];
  uint32_t iterations = linux_iterations;
  int wrong, length = 0;

  if (stack[0] > 1) {
    const char *argument = (const char *)stack[2];
    for (iterations = 0; *argument >= '0' && *argument <= '9'; argument++) {
      iterations = iterations * 10 + (uint32_t)(*argument - '0');
    }
  }
  wrong = linux_run(iterations, stack[0] > 2, report);
  while (report[length]) {
    length++;
  }
  system_call(4, 1, (long)report, length);
  system_call(1, wrong, 0, 0);
  for (;;)
    ;
}
