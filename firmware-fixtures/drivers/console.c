/*
 * SMC1 as a UART (MPC860 UM, SMC UART mode). Output goes through a ring in memory; two transmit descriptors with small buffers
 * in dual-port RAM take turns, refilled by the TX interrupt. Input: one-character descriptors, so that each key interrupts.
 */
#include <board.h>
#include <console.h>
#include <rtems.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUT_SIZE 8192u /* powers of two */
#define IN_SIZE 512u
#define TX_BDS 2u
#define TX_CHUNK 32u
#define RX_BDS 16u
#define SMC1_TXD_RXD 0x000000C0u /* PB25, PB24 */

static struct buffer_descriptor *tx_bds, *rx_bds;
static uint32_t tx_index, rx_index;
static bool interrupts_on, ready;

static char out_ring[OUT_SIZE];
static uint32_t out_head, out_tail; /* free-running: head is where to read, tail where to write */
static char in_ring[IN_SIZE];
static uint32_t in_head, in_tail;
static rtems_id input_available;
uint32_t console_overruns;

static uint8_t *bd_data(const struct buffer_descriptor *bd) { return (uint8_t *)bd->buffer; }

/* Moves as much of the ring as fits into free transmit descriptors. Interrupts off. */
static void output_start(void) {
  while (out_head != out_tail && !(tx_bds[tx_index].status & BD_READY)) {
    struct buffer_descriptor *bd = &tx_bds[tx_index];
    uint8_t *to = bd_data(bd);
    uint32_t n = 0;
    while (n < TX_CHUNK && out_head != out_tail) {
      to[n++] = (uint8_t)out_ring[out_head++ % OUT_SIZE];
    }
    bd->length = (uint16_t)n;
    bd->status = (uint16_t)(BD_READY | BD_INTERRUPT | (tx_index == TX_BDS - 1 ? BD_WRAP : 0));
    tx_index = (tx_index + 1) % TX_BDS;
  }
}

static void input_take(void) {
  while (!(rx_bds[rx_index].status & BD_READY)) {
    struct buffer_descriptor *bd = &rx_bds[rx_index];
    uint16_t status = bd->status;
    uint8_t c = *bd_data(bd);
    bd->status = (uint16_t)(BD_READY | BD_INTERRUPT | (rx_index == RX_BDS - 1 ? BD_WRAP : 0));
    rx_index = (rx_index + 1) % RX_BDS;
    if (status & 0x003A) {
      continue; /* break, framing or parity error, overrun */
    }
    if (in_tail - in_head == IN_SIZE) {
      console_overruns++;
    } else {
      in_ring[in_tail++ % IN_SIZE] = (char)c;
      if (input_available) {
        rtems_semaphore_release(input_available);
      }
    }
  }
}

static void console_interrupt(void *argument) {
  (void)argument;
  uint8_t events = SMCE1;
  SMCE1 = events;
  if (events & (SMCE_RX | SMCE_BSY)) {
    input_take();
  }
  if (events & SMCE_TX) {
    output_start();
  }
}

void console_init(uint32_t baud, uint32_t brg_clock_hz) {
  tx_bds = dpram_alloc(TX_BDS * sizeof *tx_bds, 8);
  rx_bds = dpram_alloc(RX_BDS * sizeof *rx_bds, 8);
  uint8_t *tx_data = dpram_alloc(TX_BDS * TX_CHUNK, 4);
  uint8_t *rx_data = dpram_alloc(RX_BDS, 4);

  SMCMR1 = 0;
  PBPAR |= SMC1_TXD_RXD;
  PBDIR &= ~SMC1_TXD_RXD;
  PBODR &= (uint16_t)~SMC1_TXD_RXD;
  SIMODE &= ~0x0000F000u; /* SMC1 not multiplexed, clocked by BRG1 */

  uint32_t divider = (brg_clock_hz / 16 + baud / 2) / baud;
  uint32_t div16 = 0;
  if (divider > 4096) {
    divider = (divider + 8) / 16;
    div16 = BRGC_DIV16;
  }
  BRGC1 = BRGC_EN | (divider - 1) << 1 | div16;

  struct smc_uart_parameters *p = SMC1_PARAMETERS;
  p->common.rbase = (uint16_t)((uint32_t)rx_bds - IMMR_BASE);
  p->common.tbase = (uint16_t)((uint32_t)tx_bds - IMMR_BASE);
  p->common.rfcr = p->common.tfcr = FUNCTION_CODE_BIG_ENDIAN;
  p->common.mrblr = 1;
  p->max_idl = 10;
  p->brkln = p->brkec = 0;
  p->brkcr = 1;
  for (uint32_t i = 0; i < TX_BDS; i++) {
    tx_bds[i].buffer = (uint32_t)(tx_data + i * TX_CHUNK);
    tx_bds[i].length = 0;
    tx_bds[i].status = i == TX_BDS - 1 ? BD_WRAP : 0;
  }
  for (uint32_t i = 0; i < RX_BDS; i++) {
    rx_bds[i].buffer = (uint32_t)(rx_data + i);
    rx_bds[i].length = 0;
    rx_bds[i].status = (uint16_t)(BD_READY | BD_INTERRUPT | (i == RX_BDS - 1 ? BD_WRAP : 0));
  }
  cpm_command(CPCR_INIT_RX_TX | CPCR_SMC1);
  SMCM1 = 0;
  SMCE1 = 0xFF;
  SMCMR1 = SMCMR_8N1;
  SMCMR1 = SMCMR_8N1 | SMCMR_TEN | SMCMR_REN;
  ready = true;
}

void console_start_interrupts(void) {
  rtems_id id;
  if (rtems_semaphore_create(rtems_build_name('C', 'O', 'N', 'i'), 0, RTEMS_PRIORITY, 0, &id) != RTEMS_SUCCESSFUL) {
    return;
  }
  cpm_interrupt_install(CPM_VECTOR_SMC1, console_interrupt, NULL);
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  input_available = id;
  interrupts_on = true;
  SMCM1 = SMCE_RX | SMCE_TX | SMCE_BSY;
  input_take();
  output_start();
  rtems_interrupt_enable(level);
}

/* Empties the ring by polling. */
static void output_poll(void) {
  while (out_head != out_tail) {
    output_start();
  }
}

static void ring_put(char c) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  while (out_tail - out_head == OUT_SIZE) {
    if (!interrupts_on || rtems_interrupt_is_in_progress()) {
      output_poll();
    } else {
      rtems_interrupt_enable(level);
      rtems_task_wake_after(1);
      rtems_interrupt_disable(level);
    }
  }
  out_ring[out_tail++ % OUT_SIZE] = c;
  output_start();
  rtems_interrupt_enable(level);
}

void console_putc(int c) {
  if (!ready) {
    return;
  }
  if (c == '\n') {
    ring_put('\r');
  }
  ring_put((char)c);
}

void console_write(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    console_putc(text[i]);
  }
}

void console_puts(const char *text) { console_write(text, strlen(text)); }

int console_trygetc(void) {
  int c = -1;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  if (in_head != in_tail && rtems_semaphore_obtain(input_available, RTEMS_NO_WAIT, 0) == RTEMS_SUCCESSFUL) {
    c = (uint8_t)in_ring[in_head++ % IN_SIZE];
  }
  rtems_interrupt_enable(level);
  return c;
}

int console_getc(void) {
  rtems_semaphore_obtain(input_available, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  int c = in_head != in_tail ? (uint8_t)in_ring[in_head++ % IN_SIZE] : 0;
  rtems_interrupt_enable(level);
  return c;
}

void console_panic_putc(int c) {
  if (!ready) {
    return;
  }
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  output_poll();
  if (c == '\n') {
    out_ring[out_tail++ % OUT_SIZE] = '\r';
  }
  out_ring[out_tail++ % OUT_SIZE] = (char)c;
  output_poll();
  rtems_interrupt_enable(level);
}

void console_drain(void) {
  if (!ready) {
    return;
  }
  output_poll();
  for (uint32_t i = 0; i < TX_BDS; i++) {
    while (tx_bds[i].status & BD_READY) {
    }
  }
}
