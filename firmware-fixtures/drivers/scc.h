#ifndef DRIVERS_SCC_H
#define DRIVERS_SCC_H

struct rtems_bsdnet_ifconfig;

/* Attaches SCC1 as eth1; called by the stack's start-up, network semaphore held. 1 = attached. */
int rtems_scc1_driver_attach(struct rtems_bsdnet_ifconfig *config, int attaching);

/* Driver and controller counters, for the shell. */
void scc_show_stats(void);

#endif
