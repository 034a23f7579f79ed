/* The commands of the console monitor. */
#include "../kernel/kernel.h"

#include <board.h>
#include <boot_params.h>
#include <console.h>
#include <dataflash.h>
#include <errno.h>
#include <fs.h>
#include <shell.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/scc.h"
#include "net/bsdnet.h"

#define MAX_ROWS 64

/* ps */

static void name_text(rtems_name name, char out[5]) {
  for (int i = 0; i < 4; i++) {
    char c = (char)(name >> (24 - 8 * i));
    out[i] = c >= 0x20 && c < 0x7F ? c : ' ';
  }
  out[4] = 0;
}

static const char *state_text(uint32_t state) {
  if (state & STATE_SUSPENDED) {
    return "suspended";
  }
  if (state & STATE_DORMANT) {
    return "dormant";
  }
  if (state & STATE_EVENT) {
    return "event";
  }
  if (state & STATE_SEMAPHORE) {
    return "semaphore";
  }
  if (state & STATE_MESSAGE) {
    return "message";
  }
  if (state & STATE_DELAY) {
    return "delay";
  }
  return "ready";
}

struct row {
  rtems_name name;
  rtems_id id;
  uint32_t state, priority, real_priority, since, stack_free;
  const char *note;
  rtems_name holder; /* of the semaphore that it waits for */
  uint64_t cpu;
};

static void command_ps(int argc, char **argv) {
  (void)argc;
  (void)argv;
  static struct row rows[MAX_ROWS];
  int count = 0;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  time_account();
  for (const struct tcb *task = task_list; task && count < MAX_ROWS; task = task->next) {
    struct row *row = &rows[count++];
    *row = (struct row){
        .name = task->name,
        .id = task->id,
        .state = task->state,
        .priority = task->priority,
        .real_priority = task->real_priority,
        .since = task->wait_since,
        .note = task->wait_note,
        .cpu = task->cpu_time,
        .stack_free = task == executing ? 0 : task->stack_pointer - (uint32_t)task->stack,
    };
    if ((task->state & STATE_SEMAPHORE) && task->wait_object) {
      row->holder = semaphore_holder(task->wait_object);
    }
  }
  rtems_interrupt_enable(level);
  uint32_t hz = board_info.cpu_hz ? board_info.cpu_hz / 16 : 2500000u;
  puts("NAME ID       PRIO REAL STATE     WAIT(s) CPU(ms)    STACK  WAITS FOR");
  for (int i = 0; i < count; i++) {
    const struct row *r = &rows[i];
    char name[5];
    name_text(r->name, name);
    uint32_t waited = r->state & STATE_WAITING || r->note
                          ? (uint32_t)((uint64_t)(kernel_ticks - r->since) * rtems_microseconds_per_tick / 1000000u)
                          : 0;
    printf("%s %08x %4u %4u %-9s %7u %10llu %6u %s", name, r->id, r->priority, r->real_priority, state_text(r->state), waited,
           r->cpu * 1000 / hz, r->stack_free, r->note ? r->note : "-");
    if (r->holder) {
      name_text(r->holder, name);
      printf(" held by %s", name);
    }
    printf("\n");
  }
}

/* Memory, time, parameters */

static void command_mem(int argc, char **argv) {
  (void)argc;
  (void)argv;
  struct heap_statistics s;
  heap_get_statistics(&s);
  printf("heap: %u bytes, %u used in %u blocks, %u free in %u blocks, largest %u, %u failures\n", s.total, s.used, s.used_blocks,
         s.free, s.free_blocks, s.largest_free, s.failures);
  uint32_t used, limit;
  fs_usage(&used, &limit);
  printf("files: %u of %u bytes\n", used, limit);
}

static void command_uptime(int argc, char **argv) {
  (void)argc;
  (void)argv;
  uint64_t ms = (uint64_t)kernel_ticks * rtems_microseconds_per_tick / 1000u;
  uint32_t s = (uint32_t)(ms / 1000);
  printf("up %u d %02u:%02u:%02u.%03u, %u ticks of %u us\n", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60, (uint32_t)(ms % 1000),
         kernel_ticks, rtems_microseconds_per_tick);
}

static void print_address(const char *label, uint32_t a) {
  printf("%s%u.%u.%u.%u", label, a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

static void command_params(int argc, char **argv) {
  (void)argc;
  (void)argv;
  const struct boot_params *p = &boot_params;
  printf("command line: %s\n", boot_command_line);
  printf("icache=%s dcache=%s mbufs=%u clusters=%u rxring=%u txring=%u\n", p->icache ? "on" : "off", p->dcache ? "on" : "off",
         p->mbufs, p->clusters, p->rxring, p->txring);
  print_address("ip=", p->ip);
  print_address(" netmask=", p->netmask);
  print_address(" gw=", p->gw);
  printf(" mac=%02x:%02x:%02x:%02x:%02x:%02x\n", p->mac[0], p->mac[1], p->mac[2], p->mac[3], p->mac[4], p->mac[5]);
  printf("sndspace=%u sbeff=%u dropfree=%u keepalways=%u keepidle=%u keepintvl=%u keepcnt=%u reserve=%u\n", p->sndspace, p->sbeff,
         p->dropfree, p->keepalways, p->keepidle, p->keepintvl, p->keepcnt, p->reserve);
  printf("ftpprio=%u netprio=%u responder=%u,%u reclen=%u imagesize=%u baud=%u tick=%u\n", p->ftpprio, p->netprio,
         p->responder_port, p->responder_prio, p->reclen, p->imagesize, p->baud, p->tick);
}

/* Network */

static void command_mbuf(int argc, char **argv) {
  (void)argc;
  (void)argv;
  rtems_bsdnet_show_mbuf_stats();
}

static void command_netstat(int argc, char **argv) {
  static const struct {
    const char *option;
    void (*show)(void);
  } table[] = {
      {"-r", rtems_bsdnet_show_inet_routes}, {"-a", rtems_bsdnet_show_arp},      {"ip", rtems_bsdnet_show_ip_stats},
      {"icmp", rtems_bsdnet_show_icmp_stats}, {"udp", rtems_bsdnet_show_udp_stats}, {"tcp", rtems_bsdnet_show_tcp_stats},
  };
  if (argc < 2) {
    rtems_bsdnet_show_inet_sockets();
    return;
  }
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (strcmp(argv[1], table[i].option) == 0) {
      table[i].show();
      return;
    }
  }
  puts("netstat [-r | -a | ip | icmp | udp | tcp]");
}

static void command_ifstat(int argc, char **argv) {
  (void)argc;
  (void)argv;
  rtems_bsdnet_show_if_stats();
  scc_show_stats();
}

/* Files */

static void command_ls(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "/";
  DIR *dir = opendir(path);
  if (!dir) {
    struct stat st;
    if (stat(path, &st) == 0) {
      printf("%8u %s\n", st.st_size, path);
    } else {
      printf("%s: %s\n", path, strerror(errno));
    }
    return;
  }
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    char full[FS_PATH_MAX + 1];
    struct stat st;
    if (fs_resolve(path, entry->d_name, full) != 0 || stat(full, &st) != 0) {
      continue;
    }
    printf("%8u %s%s\n", st.st_size, entry->d_name, S_ISDIR(st.st_mode) ? "/" : "");
  }
  closedir(dir);
}

static void command_cat(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    int fd = open(argv[i], O_RDONLY);
    if (fd < 0) {
      printf("%s: %s\n", argv[i], strerror(errno));
      continue;
    }
    char buffer[256];
    int n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
      console_write(buffer, (size_t)n);
    }
    if (n < 0) {
      printf("%s: %s\n", argv[i], strerror(errno));
    }
    close(fd);
  }
}

static void command_rm(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (unlink(argv[i]) != 0) {
      printf("%s: %s\n", argv[i], strerror(errno));
    }
  }
}

static void command_log(int argc, char **argv) {
  (void)argc;
  (void)argv;
  struct log_header header;
  if (dataflash_read(0, &header, sizeof header) != RTEMS_SUCCESSFUL) {
    puts("the data flash does not answer");
    return;
  }
  if (header.magic != LOG_MAGIC) {
    printf("no log: magic %08x\n", header.magic);
    return;
  }
  printf("log version %u: %u records of %u bytes from offset %u, %u characters of text each\n", header.version,
         header.record_count, header.record_bytes, header.first_record, header.text_length);
}

static void command_reboot(int argc, char **argv) {
  (void)argc;
  (void)argv;
  puts("resetting");
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  (void)level;
  console_drain();
  board_reboot();
}

static struct shell_command table[] = {
    {.name = "ps", .help = "tasks: name, id, priority, state, what each waits for and since when", .run = command_ps},
    {.name = "mbuf", .help = "mbuf and cluster statistics", .run = command_mbuf},
    {.name = "netstat", .help = "sockets and queues; -r routes, -a ARP table, ip|icmp|udp|tcp counters", .run = command_netstat},
    {.name = "ifstat", .help = "interface, driver and SCC counters", .run = command_ifstat},
    {.name = "mem", .help = "heap and file system use", .run = command_mem},
    {.name = "uptime", .help = "time since power-on", .run = command_uptime},
    {.name = "params", .help = "boot parameters in force", .run = command_params},
    {.name = "ls", .help = "[path] list a directory", .run = command_ls},
    {.name = "cat", .help = "file... show files", .run = command_cat},
    {.name = "rm", .help = "file... remove files", .run = command_rm},
    {.name = "log", .help = "header of the log in the data flash", .run = command_log},
    {.name = "reboot", .help = "reset the board", .run = command_reboot},
};

void shell_builtin_commands(void) {
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    shell_register(&table[i]);
  }
}
