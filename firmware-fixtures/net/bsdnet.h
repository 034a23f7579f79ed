/* Glue between the stack and the kernel: the network semaphore, its tasks, events and call-outs; configuration. */
#ifndef NET_BSDNET_H
#define NET_BSDNET_H

#include <stdint.h>

#include <rtems.h>

struct boot_params;

/* NETISR numbers are event bits of the ntwk task. */
#define NETISR_IP 2
#define NETISR_ARP 18
#define NETISR_IP_EVENT (1u << NETISR_IP)
#define NETISR_ARP_EVENT (1u << NETISR_ARP)

#define SBWAIT_EVENT RTEMS_EVENT_24
#define SOSLEEP_EVENT RTEMS_EVENT_25

/* Starts the stack: pools, semaphore, ntwk task, loopback, eth1 from the parameters. 0, or an errno value. */
int net_init(const struct boot_params *params);

/* The network semaphore "BSDn" (binary, priority queue, inheritance, nests). Held during every stack call. */
void rtems_bsdnet_semaphore_obtain(void);
void rtems_bsdnet_semaphore_release(void);

/* rtems_event_receive with the network semaphore given up while waiting. ticks 0 = for ever. */
rtems_status_code rtems_bsdnet_event_receive(rtems_event_set events, rtems_option options, rtems_interval ticks,
                                             rtems_event_set *out);

/* A network task (daemon) at the network priority; its entry runs with the network semaphore held. */
rtems_id rtems_bsdnet_newproc(const char *name, int stack_bytes, void (*entry)(void *), void *argument);

/* Marks a NETISR pending. */
void schednetisr(int number);

/* Calls function(argument) on the ntwk task, `ticks` from now, network semaphore held. One pending call per pair. */
void timeout(void (*function)(void *), void *argument, int ticks);
void untimeout(void (*function)(void *), void *argument);

/* Kernel memory for control blocks; waits (1 s period) when `wait` is set. Zeroed. */
void *rtems_bsdnet_malloc(unsigned bytes, int wait);
void rtems_bsdnet_free(void *memory);

extern int hz;                                /* clock ticks per second */
extern int rtems_bsdnet_ticks_per_second;     /* the same, under RTEMS's name */
extern unsigned rtems_bsdnet_task_priority;   /* network tasks' priority (100) */
extern int tcp_dropfree;                      /* remedy: a time-out drop frees both socket buffers */
extern int always_keepalive;

/* Reports on the console, in the manner of RTEMS's functions of these names. */
void rtems_bsdnet_show_mbuf_stats(void);
void rtems_bsdnet_show_if_stats(void);
void rtems_bsdnet_show_ip_stats(void);
void rtems_bsdnet_show_icmp_stats(void);
void rtems_bsdnet_show_udp_stats(void);
void rtems_bsdnet_show_tcp_stats(void);
void rtems_bsdnet_show_inet_routes(void);
void rtems_bsdnet_show_arp(void);
/* netstat: protocol, receive and send queue, addresses, state. */
void rtems_bsdnet_show_inet_sockets(void);

#endif
