/*
 * The monitor under the programs: it runs one statically linked 32-bit PowerPC Linux executable in problem state, with
 * translation on, and answers the few system calls that a C library makes for a program that only computes and prints.
 * So the file that runs here is, byte for byte, the file that qemu-ppc runs.
 *
 * Calls: number in r0, arguments in r3 on; the result in r3, and CR0[SO] with a positive errno when it failed (Linux'
 * documented system call convention for PowerPC, Documentation/powerpc/syscall64-abi.rst and its 32-bit sibling).
 *
 * Command line: icache= dcache= (bare.h), tick=N for a decrementer interrupt every N time base counts, and behind " -- "
 * the program's arguments. When the program ends, SMC1 says "exit STATUS TICKS WHERE", numbers in decimal;
 * what it wrote is in `output`, which is at WHERE.
 */
#include "bare.h"

#define PROGRAM ((const struct program *)0xF0000)
#define MEMORY_END 0x7F0000u
#define MAP_END (MEMORY_END - 0x40000u) /* below the program's stack */
#define PAGE 4096u

enum { MSR_EE = 0x8000, MSR_PR = 0x4000, MSR_ME = 0x1000, MSR_IR = 0x20, MSR_DR = 0x10, MSR_RI = 2 };
enum { CR0_SO = 0x10000000 };
enum { ENOENT = 2, EBADF = 9, ENOMEM = 12, EINVAL = 22, ENOTTY = 25, ESPIPE = 29, ENOSYS = 38 };

/* Written by the host beside the program's segments. */
struct program {
  uint32_t entry, end, phdr, phent, phnum;
};

struct frame {
  uint32_t gpr[32];
  uint32_t srr0, srr1, lr, cr, ctr, xer, vector;
};

/* Read by the host. */
static struct {
  uint32_t length;
  char bytes[0x20000 - 4];
} output[2]; /* what the program wrote to descriptors 1 and 2 */

static uint8_t mapped[MAP_END / PAGE]; /* 1 = handed out by mmap */
static uint32_t heap_end, tick, ticks, clock_hz;

void enter_user(uint32_t entry, uint32_t stack, uint32_t msr) __attribute__((noreturn));

static void put_number(uint32_t value, uint32_t base) {
  char digits[11];
  int n = 0;

  do {
    digits[n++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value);
  while (n) {
    console_putc(digits[--n]);
  }
}

static void end(uint32_t status) __attribute__((noreturn));
static void end(uint32_t status) {
  console_puts("exit ");
  put_number(status, 10);
  console_putc(' ');
  put_number(ticks, 10);
  console_putc(' ');
  put_number((uint32_t)output, 10);
  console_putc('\n');
  console_drain();
  stop();
}

static void fatal(const struct frame *f) __attribute__((noreturn));
static void fatal(const struct frame *f) {
  uint32_t dar, dsisr;

  __asm__ volatile("mfspr %0, 19; mfspr %1, 18" : "=r"(dar), "=r"(dsisr));
  console_puts("exception ");
  put_number(f->vector, 16);
  console_puts(" at ");
  put_number(f->srr0, 16);
  console_puts(" srr1 ");
  put_number(f->srr1, 16);
  console_puts(" dar ");
  put_number(dar, 16);
  console_puts(" dsisr ");
  put_number(dsisr, 16);
  console_putc('\n');
  end(255);
}

static int32_t write_out(uint32_t fd, const char *from, uint32_t length) {
  uint32_t i;

  if (fd != 1 && fd != 2) {
    return -EBADF;
  }
  for (i = 0; i < length && output[fd - 1].length < sizeof output[0].bytes; i++) {
    output[fd - 1].bytes[output[fd - 1].length++] = from[i];
  }
  return (int32_t)length;
}

static int32_t write_vector(uint32_t fd, const uint32_t *vector, uint32_t count) {
  int32_t sum = 0;

  for (; count; count--, vector += 2) {
    int32_t n = write_out(fd, (const char *)vector[0], vector[1]);
    if (n < 0) {
      return n;
    }
    sum += n;
  }
  return sum;
}

/* Anonymous memory comes from the highest free pages below the stack; what is fresh is zero. */
static int32_t map_memory(uint32_t length, uint32_t flags) {
  const uint32_t anonymous = 0x20;
  const uint32_t pages = (length + PAGE - 1) / PAGE;
  uint32_t page, run = 0, *p;

  if (!(flags & anonymous)) {
    return -EBADF;
  }
  for (page = MAP_END / PAGE; pages && run < pages && page * PAGE > heap_end + PAGE;) {
    run = mapped[--page] ? 0 : run + 1;
  }
  if (pages == 0 || run < pages) {
    return -ENOMEM;
  }
  for (run = 0; run < pages; run++) {
    mapped[page + run] = 1;
  }
  for (p = (uint32_t *)(page * PAGE); p < (uint32_t *)((page + pages) * PAGE); p++) {
    *p = 0;
  }
  return (int32_t)(page * PAGE);
}

static int32_t unmap_memory(uint32_t at, uint32_t length) {
  uint32_t page;

  for (page = at / PAGE; page < MAP_END / PAGE && page * PAGE < at + length; page++) {
    mapped[page] = 0;
  }
  return 0;
}

static int32_t set_break(uint32_t to) {
  uint32_t page;

  if (to < PROGRAM->end || to > MAP_END) {
    return (int32_t)heap_end;
  }
  for (page = heap_end / PAGE; page * PAGE < to; page++) {
    if (mapped[page]) {
      return (int32_t)heap_end;
    }
  }
  for (; heap_end < to; heap_end++) {
    *(char *)heap_end = 0;
  }
  heap_end = to;
  return (int32_t)heap_end;
}

/* Seconds and nanoseconds of the time base, which counts a sixteenth of the core clock (SCCR[TBS] = 1). */
static int32_t read_clock(uint32_t *to, int wide) {
  uint32_t high, low, again, seconds;
  uint64_t count;

  do {
    __asm__ volatile("mftbu %0; mftb %1; mftbu %2" : "=r"(high), "=r"(low), "=r"(again));
  } while (high != again);
  count = (uint64_t)high << 32 | low;
  seconds = (uint32_t)(count / (clock_hz / 16));
  count = (count % (clock_hz / 16)) * 1000000000u / (clock_hz / 16);
  if (wide) {
    to[0] = 0;
    to[1] = seconds;
    to[2] = 0;
    to[3] = (uint32_t)count;
  } else {
    to[0] = seconds;
    to[1] = (uint32_t)count;
  }
  return 0;
}

/* A negative result is an errno. Addresses are below 2 GB, so that none looks like one. */
static int32_t system_call(const struct frame *f) {
  const uint32_t *a = &f->gpr[3];

  switch (f->gpr[0]) {
  case 1:   /* exit */
  case 234: /* exit_group */
    end(a[0] & 0xFF);
  case 3: /* read: at the end */
    return 0;
  case 4: /* write */
    return write_out(a[0], (const char *)a[1], a[2]);
  case 146: /* writev */
    return write_vector(a[0], (const uint32_t *)a[1], a[2]);
  case 45: /* brk */
    return set_break(a[0]);
  case 90:  /* mmap */
  case 192: /* mmap2 */
    return map_memory(a[1], a[3]);
  case 91: /* munmap */
    return unmap_memory(a[0], a[1]);
  case 246: /* clock_gettime */
    return read_clock((uint32_t *)a[1], 0);
  case 403: /* clock_gettime64 */
    return read_clock((uint32_t *)a[1], 1);
  case 5:   /* open */
  case 286: /* openat */
  case 33:  /* access */
  case 10:  /* unlink */
    return -ENOENT;
  case 54: /* ioctl: no terminal */
    return -ENOTTY;
  case 19:  /* lseek */
  case 140: /* _llseek */
    return -ESPIPE;
  case 20:  /* getpid */
  case 207: /* gettid */
  case 232: /* set_tid_address */
    return 1;
  case 6:   /* close */
  case 125: /* mprotect */
  case 173: /* rt_sigaction */
  case 174: /* rt_sigprocmask */
  case 205: /* madvise */
  case 221: /* futex */
    return 0;
  default:
    return -ENOSYS;
  }
}

void trap(struct frame *f) {
  if (f->vector == 0xC00) {
    int32_t result = system_call(f);
    f->cr &= ~(uint32_t)CR0_SO;
    if (result < 0) {
      f->cr |= CR0_SO;
      result = -result;
    }
    f->gpr[3] = (uint32_t)result;
  } else if (f->vector == 0x900 && (f->srr1 & MSR_PR)) {
    ticks++;
    __asm__ volatile("mtdec %0" : : "r"(tick));
  } else {
    fatal(f);
  }
}

static uint32_t *push_auxiliary(uint32_t *sp, uint32_t type, uint32_t value) {
  sp[0] = type;
  sp[1] = value;
  return sp + 2;
}

/* The System V stack at a process' start: argc, argv, 0, environment, 0, auxiliary vector. */
static uint32_t user_stack(const char *arguments) {
  enum { AT_NULL, AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_RANDOM = 25 };
  static char words[512];
  static const char random[16] = "not so very much";
  uint32_t *sp = (uint32_t *)(MEMORY_END - 2048), *argc = sp++;
  uint32_t i;

  *argc = 1;
  *sp++ = (uint32_t) "program";
  for (i = 0; arguments && arguments[i] && i < sizeof words - 1; i++) {
    words[i] = arguments[i] == ' ' ? 0 : arguments[i];
    if (words[i] && (i == 0 || !words[i - 1])) {
      *sp++ = (uint32_t)&words[i];
      ++*argc;
    }
  }
  *sp++ = 0;
  *sp++ = 0;
  sp = push_auxiliary(sp, AT_PHDR, PROGRAM->phdr);
  sp = push_auxiliary(sp, AT_PHENT, PROGRAM->phent);
  sp = push_auxiliary(sp, AT_PHNUM, PROGRAM->phnum);
  sp = push_auxiliary(sp, AT_PAGESZ, PAGE);
  sp = push_auxiliary(sp, AT_RANDOM, (uint32_t)random);
  push_auxiliary(sp, AT_NULL, 0);
  return (uint32_t)argc;
}

static const char *behind_dashes(const char *line) {
  for (; line && *line; line++) {
    if (line[0] == '-' && line[1] == '-' && line[2] == ' ') {
      return line + 3;
    }
  }
  return 0;
}

void kernel_main(const uint32_t *board_info, const char *command_line) {
  uint32_t msr = MSR_PR | MSR_ME | MSR_IR | MSR_DR | MSR_RI;

  clock_hz = board_info[2];
  memory_setup(command_line);
  console_setup(clock_hz, 115200);
  heap_end = PROGRAM->end;
  tick = param_number(command_line, "tick", 0);
  if (tick) {
    msr |= MSR_EE;
    __asm__ volatile("mtdec %0" : : "r"(tick));
  }
  enter_user(PROGRAM->entry, user_stack(behind_dashes(command_line)), msr);
}
