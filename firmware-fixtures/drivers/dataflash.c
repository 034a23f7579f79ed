/*
 * Serial data flash on the SPI (MPC860 UM, SPI in master mode; AT45DB161 class device with 512-byte pages). A read is two SPI
 * transmissions under one chip select: the command, then as many idle bytes as are wanted, clocking the data into the caller's
 * buffer by SDMA. The sensor head with the flash sits behind opto-couplers, hence the slow clock.
 */
#include <board.h>
#include <boot_params.h>
#include <cache.h>
#include <dataflash.h>
#include <string.h>

#define SPI_CLK_MOSI_MISO 0x0000000Eu /* PB30, PB29, PB28 */
#define FLASH_SELECT 0x00008000u      /* PB16, low = selected */
/* The opto-couplers pass no faster a clock; at 40 MHz it becomes 40 MHz / 16 / (4 * (3 + 1)) = 156.25 kHz. */
#define SPI_CLOCK_MAX_HZ 160000u
#define SPI_PM_MAX 15u
#define COMMAND_MAX 8u

/* Commands of the device */
#define CMD_CONTINUOUS_READ_LEGACY 0xE8u /* + 3 address bytes + 4 idle bytes */
#define CMD_STATUS 0xD7u
#define CMD_IDENTIFICATION 0x9Fu
#define STATUS_POWER_OF_TWO 0x01u
#define ID_MAKER 0x1Fu
#define ID_FAMILY_DENSITY 0x26u

enum phase { IDLE, COMMAND, DATA };

static struct buffer_descriptor *tx_bd, *rx_bd;
static uint8_t *command_bytes, *command_echo; /* in dual-port RAM */
/* What MOSI carries while data come in. */
static const uint8_t idle_bytes[DATAFLASH_MAX_READ];

static volatile enum phase phase;
static void *data_buffer;
static uint32_t data_length;
static dataflash_done data_done;
static void *data_argument;

/* Several tasks may want to read. */
static rtems_id turn;

static void transmit(const void *out, uint32_t length, void *in) {
  rx_bd->buffer = (uint32_t)in;
  rx_bd->length = 0;
  rx_bd->status = BD_READY | BD_WRAP | BD_INTERRUPT;
  tx_bd->buffer = (uint32_t)out;
  tx_bd->length = (uint16_t)length;
  tx_bd->status = BD_READY | BD_WRAP | BD_LAST;
  SPCOM = SPCOM_STR;
}

static void finish(bool ok) {
  PBDAT |= FLASH_SELECT;
  phase = IDLE;
  cache_invalidate(data_buffer, data_length);
  data_done(data_argument, ok);
}

static void spi_interrupt(void *argument) {
  (void)argument;
  uint8_t events = SPIE;
  SPIE = events;
  if (phase == IDLE) {
    return;
  }
  if (events & (SPIE_TXE | SPIE_MME)) {
    cpm_command(CPCR_INIT_RX_TX | CPCR_SPI);
    finish(false);
    return;
  }
  if (rx_bd->status & BD_READY) {
    return;
  }
  if (phase == COMMAND) {
    phase = DATA;
    transmit(idle_bytes, data_length, data_buffer);
  } else {
    finish(rx_bd->length == data_length);
  }
}

static rtems_status_code start(const uint8_t *command, uint32_t command_length, void *buffer, uint32_t length,
                               dataflash_done done, void *argument) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  if (phase != IDLE) {
    rtems_interrupt_enable(level);
    return RTEMS_RESOURCE_IN_USE;
  }
  phase = COMMAND;
  for (uint32_t i = 0; i < command_length; i++) {
    command_bytes[i] = command[i];
  }
  data_buffer = buffer;
  data_length = length;
  data_done = done;
  data_argument = argument;
  /* No modified line of the buffer may be written back over the data that SDMA stores. */
  cache_invalidate(buffer, length);
  PBDAT &= ~FLASH_SELECT;
  transmit(command_bytes, command_length, command_echo);
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_status_code dataflash_read_async(uint32_t offset, void *buffer, uint32_t length, dataflash_done done, void *argument) {
  if (length == 0 || length > DATAFLASH_MAX_READ || offset >= DATAFLASH_BYTES || length > DATAFLASH_BYTES - offset) {
    return RTEMS_INVALID_SIZE;
  }
  if (!buffer || !done || ((uintptr_t)buffer & (CACHE_LINE - 1))) {
    return RTEMS_INVALID_ADDRESS;
  }
  const uint8_t command[8] = {CMD_CONTINUOUS_READ_LEGACY, (uint8_t)(offset >> 16), (uint8_t)(offset >> 8), (uint8_t)offset};
  return start(command, sizeof command, buffer, length, done, argument);
}

/* One reader at a time uses the event form: the SPI does one transfer at a time anyway. */
static rtems_id event_task;
static rtems_event_set event_set;

static void send_event(void *argument, bool ok) {
  (void)argument;
  (void)ok;
  rtems_event_send(event_task, event_set);
}

rtems_status_code dataflash_read_event(uint32_t offset, void *buffer, uint32_t length, rtems_id task, rtems_event_set events) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  rtems_status_code status = RTEMS_RESOURCE_IN_USE;
  if (phase == IDLE) {
    event_task = task;
    event_set = events;
    status = dataflash_read_async(offset, buffer, length, send_event, NULL);
  }
  rtems_interrupt_enable(level);
  return status;
}

struct waiter {
  rtems_id semaphore;
  bool ok;
};

static void wake(void *argument, bool ok) {
  struct waiter *waiter = argument;
  waiter->ok = ok;
  rtems_semaphore_release(waiter->semaphore);
}

static struct waiter blocking;
static uint8_t bounce[512] __attribute__((aligned(16)));

/* Runs one transfer into the bounce buffer and waits. Caller has the turn. */
static bool transfer_and_wait(const uint8_t *command, uint32_t command_length, uint32_t length) {
  while (start(command, command_length, bounce, length, wake, &blocking) == RTEMS_RESOURCE_IN_USE) {
    rtems_task_wake_after(1);
  }
  task_wait_note("data flash");
  rtems_semaphore_obtain(blocking.semaphore, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
  task_wait_done();
  return blocking.ok;
}

rtems_status_code dataflash_read(uint32_t offset, void *buffer, uint32_t length) {
  if (offset > DATAFLASH_BYTES || length > DATAFLASH_BYTES - offset) {
    return RTEMS_INVALID_SIZE;
  }
  if (!turn) {
    return RTEMS_NOT_CONFIGURED;
  }
  bool ok = true;
  rtems_semaphore_obtain(turn, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
  while (length && ok) {
    uint32_t n = length < sizeof bounce ? length : sizeof bounce;
    const uint8_t command[8] = {CMD_CONTINUOUS_READ_LEGACY, (uint8_t)(offset >> 16), (uint8_t)(offset >> 8), (uint8_t)offset};
    ok = transfer_and_wait(command, sizeof command, n);
    memcpy(buffer, bounce, n);
    buffer = (uint8_t *)buffer + n;
    offset += n;
    length -= n;
  }
  rtems_semaphore_release(turn);
  return ok ? RTEMS_SUCCESSFUL : RTEMS_IO_ERROR;
}

bool dataflash_init(void) {
  if (rtems_semaphore_create(rtems_build_name('D', 'F', 't', 'n'), 1,
                             RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY, 0, &turn) != RTEMS_SUCCESSFUL ||
      rtems_semaphore_create(rtems_build_name('D', 'F', 'w', 't'), 0, RTEMS_PRIORITY, 0, &blocking.semaphore) !=
          RTEMS_SUCCESSFUL) {
    return false;
  }
  tx_bd = dpram_alloc(sizeof *tx_bd, 8);
  rx_bd = dpram_alloc(sizeof *rx_bd, 8);
  command_bytes = dpram_alloc(COMMAND_MAX, 4);
  command_echo = dpram_alloc(COMMAND_MAX, 4);

  PBDAT |= FLASH_SELECT;
  PBPAR = (PBPAR & ~FLASH_SELECT) | SPI_CLK_MOSI_MISO;
  PBDIR |= FLASH_SELECT | SPI_CLK_MOSI_MISO;
  PBODR &= (uint16_t)~(FLASH_SELECT | SPI_CLK_MOSI_MISO);

  uint32_t divider = (board_info.cpu_hz + 64 * SPI_CLOCK_MAX_HZ - 1) / (64 * SPI_CLOCK_MAX_HZ);
  uint32_t pm = divider == 0 ? 0 : divider > SPI_PM_MAX + 1 ? SPI_PM_MAX : divider - 1;

  SPMODE = 0;
  struct parameter_ram *p = SPI_PARAMETERS;
  p->rbase = (uint16_t)((uint32_t)rx_bd - IMMR_BASE);
  p->tbase = (uint16_t)((uint32_t)tx_bd - IMMR_BASE);
  p->rfcr = p->tfcr = FUNCTION_CODE_BIG_ENDIAN;
  p->mrblr = DATAFLASH_MAX_READ;
  rx_bd->status = tx_bd->status = BD_WRAP;
  cpm_command(CPCR_INIT_RX_TX | CPCR_SPI);
  SPIE = 0xFF;
  SPIM = SPIE_RXB | SPIE_TXE | SPIE_MME;
  SPMODE = (uint16_t)(SPMODE_DIV16 | SPMODE_PM(pm) | SPMODE_MS | SPMODE_REV | SPMODE_LEN(8));
  SPMODE |= SPMODE_EN;
  cpm_interrupt_install(CPM_VECTOR_SPI, spi_interrupt, NULL);

  const uint8_t identify = CMD_IDENTIFICATION;
  const uint8_t status = CMD_STATUS;
  return transfer_and_wait(&identify, 1, 2) && bounce[0] == ID_MAKER && bounce[1] == ID_FAMILY_DENSITY &&
         transfer_and_wait(&status, 1, 1) && (bounce[0] & STATUS_POWER_OF_TWO);
}
