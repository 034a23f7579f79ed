/* The stack's place in the kernel: semaphore, ntwk task, events, call-outs, configuration. */
#include <arpa/inet.h>
#include <boot_params.h>
#include <errno.h>
#include <observe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsdnet.h"
#include "if.h"
#include "inet.h"
#include "socketvar.h"

#define NETWORK_STACK 4096
#define TICKS_PER_SECOND_MIN 5 /* the fast timer's rate */

int hz = 100;
int rtems_bsdnet_ticks_per_second = 100;
unsigned rtems_bsdnet_task_priority = 100;

static rtems_id network_semaphore;
static rtems_id ntwk_task;

struct callout {
  struct callout *next;
  void (*function)(void *);
  void *argument;
  rtems_interval due;
};

static struct callout *callouts; /* by due time, earliest first */
static struct callout *callout_free;

OBSERVE("bsdn.semaphore", &network_semaphore);
OBSERVE("ntwk.task", &ntwk_task);

void rtems_bsdnet_semaphore_obtain(void) {
  rtems_status_code status = rtems_semaphore_obtain(network_semaphore, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
  if (status != RTEMS_SUCCESSFUL) rtems_panic("network semaphore: obtain failed, status %d", (int)status);
}

void rtems_bsdnet_semaphore_release(void) {
  rtems_status_code status = rtems_semaphore_release(network_semaphore);
  if (status != RTEMS_SUCCESSFUL) rtems_panic("network semaphore: release failed, status %d", (int)status);
}

rtems_status_code rtems_bsdnet_event_receive(rtems_event_set events, rtems_option options, rtems_interval ticks,
                                             rtems_event_set *out) {
  rtems_bsdnet_semaphore_release();
  rtems_status_code status = rtems_event_receive(events, options, ticks, out);
  rtems_bsdnet_semaphore_obtain();
  return status;
}

void *rtems_bsdnet_malloc(unsigned bytes, int wait) {
  for (unsigned tries = 0;; tries++) {
    void *memory = malloc(bytes);
    if (memory != NULL) {
      memset(memory, 0, bytes);
      return memory;
    }
    if (!wait) return NULL;
    if (tries == 30) {
      printf("Still waiting for memory.\n");
      tries = 0;
    }
    task_wait_note("bsdnet_malloc");
    rtems_bsdnet_semaphore_release();
    rtems_task_wake_after((rtems_interval)hz);
    rtems_bsdnet_semaphore_obtain();
    task_wait_done();
  }
}

void rtems_bsdnet_free(void *memory) {
  free(memory);
}

/* ---- daemons ---- */

struct daemon {
  void (*entry)(void *);
  void *argument;
};

static rtems_task daemon_start(rtems_task_argument argument) {
  struct daemon daemon = *(struct daemon *)argument;
  free((void *)argument);
  rtems_bsdnet_semaphore_obtain();
  daemon.entry(daemon.argument);
  rtems_bsdnet_semaphore_release();
  rtems_task_delete(RTEMS_SELF);
}

rtems_id rtems_bsdnet_newproc(const char *name, int stack_bytes, void (*entry)(void *), void *argument) {
  char four[4] = {' ', ' ', ' ', ' '};
  for (int i = 0; i < 4 && name[i] != 0; i++) four[i] = name[i];
  rtems_id id;
  rtems_status_code status =
      rtems_task_create(rtems_build_name(four[0], four[1], four[2], four[3]), rtems_bsdnet_task_priority,
                        (size_t)stack_bytes, RTEMS_PREEMPT | RTEMS_NO_TIMESLICE, RTEMS_NO_FLOATING_POINT | RTEMS_LOCAL, &id);
  if (status != RTEMS_SUCCESSFUL) rtems_panic("cannot create network task %s: status %d", name, (int)status);
  struct daemon *daemon = malloc(sizeof *daemon);
  if (daemon == NULL) rtems_panic("no memory for network task %s", name);
  daemon->entry = entry;
  daemon->argument = argument;
  status = rtems_task_start(id, daemon_start, (rtems_task_argument)(uintptr_t)daemon);
  if (status != RTEMS_SUCCESSFUL) rtems_panic("cannot start network task %s: status %d", name, (int)status);
  return id;
}

/* ---- call-outs ---- */

void timeout(void (*function)(void *), void *argument, int ticks) {
  struct callout *c = callout_free;
  if (c != NULL)
    callout_free = c->next;
  else
    c = rtems_bsdnet_malloc(sizeof *c, 1);
  if (ticks <= 0) ticks = 1;
  c->function = function;
  c->argument = argument;
  c->due = rtems_clock_get_ticks_since_boot() + (rtems_interval)ticks;
  struct callout **p = &callouts;
  while (*p != NULL && (int32_t)((*p)->due - c->due) <= 0) p = &(*p)->next;
  c->next = *p;
  *p = c;
}

void untimeout(void (*function)(void *), void *argument) {
  for (struct callout **p = &callouts; *p != NULL; p = &(*p)->next)
    if ((*p)->function == function && (*p)->argument == argument) {
      struct callout *c = *p;
      *p = c->next;
      c->next = callout_free;
      callout_free = c;
      return;
    }
}

static void run_callouts(void) {
  while (callouts != NULL && (int32_t)(rtems_clock_get_ticks_since_boot() - callouts->due) >= 0) {
    struct callout *c = callouts;
    void (*function)(void *) = c->function;
    void *argument = c->argument;
    callouts = c->next;
    c->next = callout_free;
    callout_free = c;
    function(argument);
  }
}

static void fast_timer(void *unused) {
  for (int i = 0; i < inetsw_count; i++)
    if (inetsw[i]->pr_fasttimo != NULL) inetsw[i]->pr_fasttimo();
  timeout(fast_timer, unused, hz / 5);
}

static void slow_timer(void *unused) {
  for (int i = 0; i < inetsw_count; i++)
    if (inetsw[i]->pr_slowtimo != NULL) inetsw[i]->pr_slowtimo();
  timeout(slow_timer, unused, hz / 2);
}

/* ---- ntwk ---- */

void schednetisr(int number) {
  rtems_event_send(ntwk_task, 1u << number);
}

static void ntwk_loop(void *unused) {
  (void)unused;
  for (;;) {
    rtems_event_set events = 0;
    int32_t ticks = 0; /* for ever */
    rtems_option wait = RTEMS_WAIT;
    if (callouts != NULL) {
      ticks = (int32_t)(callouts->due - rtems_clock_get_ticks_since_boot());
      if (ticks <= 0) {
        ticks = 0;
        wait = RTEMS_NO_WAIT;
      }
    }
    rtems_bsdnet_event_receive(NETISR_IP_EVENT | NETISR_ARP_EVENT, RTEMS_EVENT_ANY | wait, (rtems_interval)ticks, &events);
    if (events & NETISR_IP_EVENT) ipintr();
    if (events & NETISR_ARP_EVENT) arpintr();
    run_callouts();
  }
}

/* ---- configuration ---- */

/* The board's one driver. */
int rtems_scc1_driver_attach(struct rtems_bsdnet_ifconfig *config, int attaching);

int net_init(const struct boot_params *params) {
  hz = (int)(1000000u / (params->tick != 0 ? params->tick : 10000u));
  if (hz < TICKS_PER_SECOND_MIN) hz = TICKS_PER_SECOND_MIN;
  rtems_bsdnet_ticks_per_second = hz;
  rtems_bsdnet_task_priority = params->netprio != 0 ? params->netprio : 100;

  if (params->sndspace != 0) tcp_sendspace = params->sndspace;
  if (params->sbeff != 0) sb_efficiency = params->sbeff;
  tcp_dropfree = params->dropfree;
  always_keepalive = params->keepalways;
  tcp_set_keepalive(params->keepidle, params->keepintvl, params->keepcnt);
  sosend_reserve = (int)params->reserve;

  rtems_status_code status =
      rtems_semaphore_create(rtems_build_name('B', 'S', 'D', 'n'), 1,
                             RTEMS_PRIORITY | RTEMS_BINARY_SEMAPHORE | RTEMS_INHERIT_PRIORITY, 0, &network_semaphore);
  if (status != RTEMS_SUCCESSFUL) return ENOMEM;
  rtems_bsdnet_semaphore_obtain(); /* nobody gets in before the stack is complete */
  if (mbinit(params->mbufs, params->clusters) != 0) {
    printf("net: no memory for the mbuf pools\n");
    return ENOMEM;
  }
  if (sosend_reserve >= nmbclusters) {
    printf("net: reserve=%d leaves the application no cluster of %d; ignored\n", sosend_reserve, nmbclusters);
    sosend_reserve = 0;
  }
  for (int i = 0; i < inetsw_count; i++)
    if (inetsw[i]->pr_init != NULL) inetsw[i]->pr_init();
  arp_init();
  loopback_attach();
  ntwk_task = rtems_bsdnet_newproc("ntwk", NETWORK_STACK, ntwk_loop, NULL);
  timeout(fast_timer, NULL, hz / 5);
  timeout(slow_timer, NULL, hz / 2);

  struct rtems_bsdnet_ifconfig config = {
      .name = "eth1",
      .attach = rtems_scc1_driver_attach,
      .hardware_address = params->mac,
      .rbuf_count = (int)params->rxring,
      .xbuf_count = (int)params->txring,
  };
  config.attach(&config, 1);
  struct ifnet *ifp = ifunit(config.name);
  if (ifp == NULL) {
    rtems_bsdnet_semaphore_release();
    printf("net: the driver did not attach %s\n", config.name);
    return ENXIO;
  }
  struct in_addr address = {params->ip}, netmask = {params->netmask}, gateway = {params->gw};
  in_ifinit(ifp, address, netmask);
  if (gateway.s_addr != 0) in_set_gateway(gateway);
  ifp->if_flags |= IFF_UP;
  if (ifp->if_init != NULL) ifp->if_init(ifp->if_softc);
  arp_announce(ifp);
  rtems_bsdnet_semaphore_release();
  return 0;
}
