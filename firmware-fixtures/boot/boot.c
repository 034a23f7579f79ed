/* Start-up in C: boot parameters (still in real mode), then clocks, console, kernel and the Init task. */
#include "../kernel/kernel.h"

#include <board.h>
#include <boot_params.h>
#include <cache.h>
#include <console.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM_MAPPED 0x00800000u /* the one pinned page */
#define LOW_LIMIT 0x00800000u
#define INIT_STACK 16384u
#define INIT_PRIORITY 2u

struct board_info board_info;
struct boot_params boot_params;
char boot_command_line[1024];
bool cache_data_on;

extern char _end[];
void interrupts_init(void);
rtems_task Init(rtems_task_argument argument);

static bool parse_switch(const char *value, bool *out) {
  if (strcmp(value, "on") == 0 || strcmp(value, "1") == 0) {
    *out = true;
  } else if (strcmp(value, "off") == 0 || strcmp(value, "0") == 0) {
    *out = false;
  } else {
    return false;
  }
  return true;
}

static bool parse_number(const char *value, uint32_t low, uint32_t high, uint32_t *out) {
  char *end;
  unsigned long long number = strtoull(value, &end, 0);
  if (end == value || *end || number < low || number > high) {
    return false;
  }
  *out = (uint32_t)number;
  return true;
}

static bool parse_address(const char *value, uint32_t *out) {
  uint32_t address = 0;
  for (int i = 0; i < 4; i++) {
    char *end;
    unsigned long part = strtoul(value, &end, 10);
    if (end == value || part > 255 || *end != (i < 3 ? '.' : 0)) {
      return false;
    }
    address = address << 8 | part;
    value = end + 1;
  }
  *out = address;
  return true;
}

static bool parse_mac(const char *value, uint8_t mac[6]) {
  uint8_t parsed[6];
  for (int i = 0; i < 6; i++) {
    char *end;
    unsigned long part = strtoul(value, &end, 16);
    if (end == value || part > 255 || *end != (i < 5 ? ':' : 0)) {
      return false;
    }
    parsed[i] = (uint8_t)part;
    value = end + 1;
  }
  memcpy(mac, parsed, 6);
  return true;
}

/* responder=PORT[,PRIO] */
static bool parse_responder(const char *value, struct boot_params *p) {
  char *end;
  unsigned long port = strtoul(value, &end, 10);
  if (end == value || port > 65535 || (*end && *end != ',')) {
    return false;
  }
  if (*end == ',' && !parse_number(end + 1, 1, 254, &p->responder_prio)) {
    return false;
  }
  p->responder_port = port;
  return true;
}

static bool parse_word(const char *key, const char *value, struct boot_params *p, bool *known) {
  const struct {
    const char *key;
    uint32_t *to;
    uint32_t low, high;
  } numbers[] = {
      {"mbufs", &p->mbufs, 4096, 4u << 20},
      {"clusters", &p->clusters, 4096, 4u << 20},
      {"rxring", &p->rxring, 1, 128},
      {"txring", &p->txring, 4, 128},
      {"sndspace", &p->sndspace, 1024, 262144},
      {"sbeff", &p->sbeff, 1, 64},
      {"keepidle", &p->keepidle, 1, 1000000},
      {"keepintvl", &p->keepintvl, 1, 1000000},
      {"keepcnt", &p->keepcnt, 1, 1000},
      {"reserve", &p->reserve, 0, 2048},
      {"ftpprio", &p->ftpprio, 1, 254},
      {"netprio", &p->netprio, 1, 254},
      {"reclen", &p->reclen, 32, 2048},
      {"imagesize", &p->imagesize, 1, 0x7FFFFFFF},
      {"baud", &p->baud, 300, 1000000},
      {"tick", &p->tick, 100, 65536},
  };
  const struct {
    const char *key;
    bool *to;
  } switches[] = {
      {"icache", &p->icache}, {"dcache", &p->dcache}, {"dropfree", &p->dropfree}, {"keepalways", &p->keepalways},
  };
  const struct {
    const char *key;
    uint32_t *to;
  } addresses[] = {{"ip", &p->ip}, {"netmask", &p->netmask}, {"gw", &p->gw}};

  *known = true;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    if (strcmp(key, numbers[i].key) == 0) {
      return parse_number(value, numbers[i].low, numbers[i].high, numbers[i].to);
    }
  }
  for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
    if (strcmp(key, switches[i].key) == 0) {
      return parse_switch(value, switches[i].to);
    }
  }
  for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
    if (strcmp(key, addresses[i].key) == 0) {
      return parse_address(value, addresses[i].to);
    }
  }
  if (strcmp(key, "mac") == 0) {
    return parse_mac(value, p->mac);
  }
  if (strcmp(key, "responder") == 0) {
    return parse_responder(value, p);
  }
  if (strcmp(key, "console") == 0) {
    return true; /* SMC1 is the only one */
  }
  *known = false;
  return false;
}

void boot_params_parse(bool report) {
  static const uint8_t default_mac[6] = {0x44, 0x22, 0x33, 0x33, 0x22, 0x44};
  struct boot_params *p = &boot_params;
  *p = (struct boot_params){
      .icache = true,
      .dcache = true,
      .mbufs = 65536,
      .clusters = 131072,
      .rxring = 32,
      .txring = 32,
      .ip = 0xC0A8010A,
      .netmask = 0xFFFFFF00,
      .sndspace = 16384,
      .sbeff = 8,
      .keepidle = 7200,
      .keepintvl = 75,
      .keepcnt = 8,
      .ftpprio = 40,
      .netprio = 100,
      .responder_prio = 150,
      .reclen = 300,
      .imagesize = 8u << 20,
      .baud = 115200,
      .tick = 10000,
  };
  if (board_info.ip) {
    p->ip = board_info.ip;
  }
  bool has_mac = false;
  for (int i = 0; i < 6; i++) {
    has_mac |= board_info.enet[i] != 0;
  }
  memcpy(p->mac, has_mac ? board_info.enet : default_mac, 6);

  const char *at = boot_command_line;
  while (*at) {
    while (isspace(*at)) {
      at++;
    }
    char word[96];
    size_t length = 0;
    while (*at && !isspace(*at)) {
      if (length < sizeof word - 1) {
        word[length++] = *at;
      }
      at++;
    }
    word[length] = 0;
    if (!length) {
      continue;
    }
    char *equals = strchr(word, '=');
    bool known = false;
    bool good = false;
    if (equals) {
      *equals = 0;
      good = parse_word(word, equals + 1, p, &known);
      *equals = '=';
    }
    if (!good && report) {
      printf("boot parameter ignored: %s (%s)\n", word, known ? "value not allowed" : "unknown");
    }
  }
}

uint32_t boot_early(const struct board_info *info, const char *line, const char *line_end) {
  if (info && (uint32_t)info < LOW_LIMIT && !((uint32_t)info & 3)) {
    size_t size = info->size < sizeof board_info ? info->size : sizeof board_info;
    memcpy(&board_info, info, size);
  }
  /* r7 is one past the text; a loader that gives nonsense gets an empty command line. */
  if (line && (uint32_t)line < LOW_LIMIT && line_end > line && (uint32_t)line_end <= LOW_LIMIT) {
    size_t room = (size_t)(line_end - line);
    strlcpy(boot_command_line, line, room + 1 < sizeof boot_command_line ? room + 1 : sizeof boot_command_line);
  }
  boot_params_parse(false);
  return (boot_params.icache ? 1u : 0u) | (boot_params.dcache ? 2u : 0u);
}

void kernel_start(void) {
  cache_data_on = boot_params.dcache;
  if (board_info.cpu_hz == 0) {
    board_info.cpu_hz = 40000000u;
  }

  SCCRK = KEY_OPEN;
  SCCR = (SCCR & ~SCCR_RTDIV) | SCCR_TBS; /* PIT counts OSCM/4, the time base core clock/16 */
  TBSCRK = KEY_OPEN;
  TBK = KEY_OPEN;
  TBSCR = TBSCR_TBE;
  SDCR = 1; /* CPM arbitration as recommended */

  interrupts_init();
  console_init(boot_params.baud, board_info.cpu_hz);
  rtems_microseconds_per_tick = boot_params.tick;

  uint32_t top = board_info.ram_size ? board_info.ram_size : RAM_MAPPED;
  heap_init((uintptr_t)_end, top < RAM_MAPPED ? top : RAM_MAPPED);
  scheduler_init();

  rtems_id id;
  if (rtems_task_create(rtems_build_name('I', 'N', 'I', 'T'), INIT_PRIORITY, INIT_STACK, RTEMS_DEFAULT_MODES,
                        RTEMS_DEFAULT_ATTRIBUTES, &id) == RTEMS_SUCCESSFUL) {
    rtems_task_start(id, Init, 0);
  }
  scheduler_start();
}
