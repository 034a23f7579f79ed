/*
 * A status service: every datagram sent to its port is answered with 300 bytes of text about the board.
 * Discovery tools on the LAN ask by broadcast. Its task is less urgent than the network's.
 */
#include <errno.h>
#include <netinet/in.h>
#include <rtems.h>
#include <fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "app.h"

#define REPLY_BYTES 300

static uint32_t answered;

static void make_reply(char *reply, uint32_t question_bytes) {
  const struct log_header *header = log_header();
  rtems_interval ticks = rtems_clock_get_ticks_since_boot(), per_second = rtems_clock_get_ticks_per_second();
  int used;

  memset(reply, ' ', REPLY_BYTES);
  used = snprintf(reply, REPLY_BYTES, "quicc860 data logger; up %u.%02u s; log %u records, %u channels; answer %u to %u bytes;",
                  (unsigned)(ticks / per_second), (unsigned)(ticks % per_second * 100 / per_second),
                  (unsigned)header->record_count, LOG_CHANNELS, (unsigned)answered, (unsigned)question_bytes);
  reply[used] = ' ';
  reply[REPLY_BYTES - 1] = '\n';
}

static rtems_task responder_task(rtems_task_argument port) {
  struct sockaddr_in here, peer;
  char question[256], reply[REPLY_BYTES];
  int s = socket(AF_INET, SOCK_DGRAM, 0);

  memset(&here, 0, sizeof here);
  here.sin_len = sizeof here;
  here.sin_family = AF_INET;
  here.sin_port = htons((uint16_t)port);
  here.sin_addr.s_addr = htonl(INADDR_ANY);
  if (s < 0 || bind(s, (struct sockaddr *)&here, sizeof here) < 0) {
    printf("responder: no socket on port %u: %s\n", (unsigned)port, strerror(errno));
    if (s >= 0) {
      close(s);
    }
    rtems_task_delete(RTEMS_SELF);
  }
  for (;;) {
    socklen_t length = sizeof peer;
    int n = recvfrom(s, question, sizeof question, 0, (struct sockaddr *)&peer, &length);
    if (n < 0) {
      rtems_task_wake_after(1);
      continue;
    }
    answered++;
    make_reply(reply, (uint32_t)n);
    sendto(s, reply, REPLY_BYTES, 0, (struct sockaddr *)&peer, sizeof peer);
  }
}

int responder_start(uint16_t port, uint32_t priority) {
  rtems_id id;

  if (rtems_task_create(rtems_build_name('R', 'S', 'P', 'D'), priority, 8192, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES,
                        &id) != RTEMS_SUCCESSFUL) {
    return ENOMEM;
  }
  rtems_task_start(id, responder_task, port);
  return 0;
}
