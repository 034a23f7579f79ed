/* The Init task: banner, file system, network, application, shell. */
#include <board.h>
#include <boot_params.h>
#include <console.h>
#include <dataflash.h>
#include <fs.h>
#include <rtems.h>
#include <shell.h>
#include <stdio.h>

#include "app/app.h"
#include "net/bsdnet.h"

#define VERSION "0.1"
#define SHELL_PRIORITY 200

static void print_address(uint32_t a) { printf("%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255); }

rtems_task Init(rtems_task_argument argument) {
  (void)argument;
  const struct boot_params *p = &boot_params;
  tick_init(p->tick);
  console_start_interrupts();

  uint32_t hz = board_info.cpu_hz ? board_info.cpu_hz : 40000000u;
  printf("\nquicc860 firmware " VERSION ", MPC860 at %u.%03u MHz, caches: instruction %s, data %s\n", hz / 1000000,
         hz / 1000 % 1000, p->icache ? "on" : "off", p->dcache ? "on" : "off");
  printf("pools: %u mbufs of 128, %u clusters of 2048; rings: %u receive, %u transmit; tick %u us\n", p->mbufs / 128,
         p->clusters / 2048, p->rxring, p->txring, p->tick);
  boot_params_parse(true);

  fs_init();
  if (!dataflash_init()) {
    printf("data flash: not found\n");
  }
  int error = net_init(p);
  if (error) {
    printf("network: not started (error %d)\n", error);
  } else {
    const uint8_t *mac = p->mac;
    printf("eth1: %02x:%02x:%02x:%02x:%02x:%02x, ", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    print_address(p->ip);
    printf(" netmask ");
    print_address(p->netmask);
    printf("\n");
  }
  error = app_start();
  if (error) {
    printf("application: error %d\n", error);
  }
  shell_start(SHELL_PRIORITY);
  rtems_task_delete(RTEMS_SELF);
}
