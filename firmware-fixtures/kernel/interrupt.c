/*
 * External interrupts: SIVEC names the SIU source, CIVR the CPM source behind LVL2. Handlers run with interrupts off, on the
 * interrupt stack, until nothing is pending. Unexpected exceptions end here too.
 */
#include "kernel.h"

#include <board.h>
#include <console.h>
#include <observe.h>
#include <panic.h>
#include <stdarg.h>
#include <stdio.h>

#define CPM_LEVEL 2
#define SIU_SOURCES 16u

struct handler {
  void (*run)(void *);
  void *argument;
};

static struct handler siu_handlers[SIU_SOURCES];
static struct handler cpm_handlers[CPM_VECTORS];
static uint32_t spurious;

OBSERVE("kernel.spurious_interrupts", &spurious);

/* As vectors.S stores them. */
uint32_t exception_registers[40];

static void cpm_dispatch(void *argument) {
  (void)argument;
  CIVR = CIVR_IACK;
  uint32_t vector = CIVR >> 11;
  if (vector == 0 || !cpm_handlers[vector].run) {
    spurious++; /* the error vector: a source was masked meanwhile */
    if (vector) {
      CIMR &= ~(1u << vector);
    }
  } else {
    cpm_handlers[vector].run(cpm_handlers[vector].argument);
  }
  if (vector) {
    CISR = 1u << vector;
  }
}

void interrupt_dispatch(void) {
  while (SIPEND & SIMASK) {
    uint32_t index = SIVEC >> 26;
    if (!siu_handlers[index].run) {
      spurious++;
      SIMASK &= ~(0x80000000u >> index);
      continue;
    }
    siu_handlers[index].run(siu_handlers[index].argument);
  }
}

void siu_interrupt_install(uint32_t index, void (*handler)(void *), void *argument) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  siu_handlers[index].run = handler;
  siu_handlers[index].argument = argument;
  SIMASK |= 0x80000000u >> index;
  rtems_interrupt_enable(level);
}

void cpm_interrupt_install(uint32_t vector, void (*handler)(void *), void *argument) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  cpm_handlers[vector].run = handler;
  cpm_handlers[vector].argument = argument;
  CIMR |= 1u << vector;
  rtems_interrupt_enable(level);
}

void interrupts_init(void) {
  SIMASK = 0;
  SIEL = 0;
  SIPEND = 0xFFFF0000u;
  CICR = CICR_SCC_ORDER | CICR_IRL(CPM_LEVEL) | CICR_HP_PC15;
  CIMR = 0;
  CIPR = 0xFFFFFFFFu;
  CISR = 0xFFFFFFFFu;
  siu_interrupt_install(SIU_INDEX_LVL(CPM_LEVEL), cpm_dispatch, NULL);
  CICR |= CICR_IEN;
}

bool rtems_interrupt_is_in_progress(void) { return interrupt_depth != 0; }

/* Panics */

static void halt(void) __attribute__((noreturn));
static void halt(void) {
  console_drain();
  for (;;) {
    __asm__ volatile("1: b 1b");
  }
}

static void name_of_running(char out[5]) {
  uint32_t name = rtems_task_self_name();
  for (int i = 0; i < 4; i++) {
    uint8_t c = (uint8_t)(name >> (24 - 8 * i));
    out[i] = (char)(c >= 0x20 && c < 0x7F ? c : '.');
  }
  out[4] = 0;
}

void exception_report(uint32_t vector) {
  const uint32_t *r = exception_registers;
  char task[5];
  name_of_running(task);
  printk("\n*** unexpected exception %04x in task %s%s ***\n", vector, task, interrupt_depth ? " (interrupt)" : "");
  printk("SRR0 %08x SRR1 %08x CR %08x LR %08x CTR %08x XER %08x DAR %08x DSISR %08x\n", r[32], r[33], r[34], r[35], r[36],
         r[37], r[38], r[39]);
  for (int i = 0; i < 32; i += 8) {
    printk("r%02d %08x %08x %08x %08x %08x %08x %08x %08x\n", i, r[i], r[i + 1], r[i + 2], r[i + 3], r[i + 4], r[i + 5],
           r[i + 6], r[i + 7]);
  }
  /* Callers, as far as the chain of frames is sound. */
  uint32_t sp = r[1];
  printk("callers");
  for (int i = 0; i < 12; i++) {
    if (sp < 0x10000 || sp >= 0x00800000 || (sp & 3)) {
      break;
    }
    sp = *(uint32_t *)sp;
    if (sp < 0x10000 || sp >= 0x00800000 || (sp & 3)) {
      break;
    }
    printk(" %08x", ((uint32_t *)sp)[1]);
  }
  printk("\nstopped\n");
  halt();
}

static void panic_message(const char *format, va_list args) {
  static char text[160];
  char task[5];
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  (void)level;
  name_of_running(task);
  vsnprintf(text, sizeof text, format, args);
  printk("\npanic in task %s: %s\n", task, text);
}

void panic(const char *format, ...) {
  va_list args;
  va_start(args, format);
  panic_message(format, args);
  va_end(args);
  halt();
}

void rtems_panic(const char *format, ...) {
  va_list args;
  va_start(args, format);
  panic_message(format, args);
  va_end(args);
  halt();
}

void rtems_fatal_error_occurred(uint32_t code) { panic("fatal error %08x (%s)", code, rtems_status_text((rtems_status_code)code)); }

void assert_failed(const char *what, const char *file, int line) { panic("assertion %s at %s:%d", what, file, line); }

void abort(void) { panic("abort"); }

const char *rtems_status_text(rtems_status_code code) {
  static const char *const text[] = {
      "RTEMS_SUCCESSFUL",        "RTEMS_TASK_EXITTED",       "RTEMS_MP_NOT_CONFIGURED",
      "RTEMS_INVALID_NAME",      "RTEMS_INVALID_ID",         "RTEMS_TOO_MANY",
      "RTEMS_TIMEOUT",           "RTEMS_OBJECT_WAS_DELETED", "RTEMS_INVALID_SIZE",
      "RTEMS_INVALID_ADDRESS",   "RTEMS_INVALID_NUMBER",     "RTEMS_NOT_DEFINED",
      "RTEMS_RESOURCE_IN_USE",   "RTEMS_UNSATISFIED",        "RTEMS_INCORRECT_STATE",
      "RTEMS_ALREADY_SUSPENDED", "RTEMS_ILLEGAL_ON_SELF",    "RTEMS_ILLEGAL_ON_REMOTE_OBJECT",
      "RTEMS_CALLED_FROM_ISR",   "RTEMS_INVALID_PRIORITY",   "RTEMS_INVALID_CLOCK",
      "RTEMS_INVALID_NODE",      "RTEMS_NOT_CONFIGURED",     "RTEMS_NOT_OWNER_OF_RESOURCE",
      "RTEMS_NOT_IMPLEMENTED",   "RTEMS_INTERNAL_ERROR",     "RTEMS_NO_MEMORY",
      "RTEMS_IO_ERROR",
  };
  return (uint32_t)code < sizeof text / sizeof text[0] ? text[code] : "?";
}
