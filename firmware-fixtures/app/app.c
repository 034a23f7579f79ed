/* Starts the application. */
#include <boot_params.h>
#include <errno.h>
#include <fs.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "ftpd/ftpd.h"
#include "image.h"
#include "log.h"

static const struct ftpd_send_hook send_hooks[] = {
    {"/log/log.txt", log_download_open, log_download_next, log_download_close, 0},
    {0, 0, 0, 0, 0},
};

static struct ftpd_configuration server = {
    .max_hook_filesize = 65536,
    .send_hooks = send_hooks,
    .tasks_count = 4,
};

int app_start(void) {
  int error;

  if (log_init()) {
    printf("log: %u records\n", (unsigned)log_header()->record_count);
  } else {
    printf("log: none in the data flash\n");
  }
  fs_special("/log/log.txt", &log_file, 0);
  fs_special("/data/image.bin", &image_file, 0);

  server.priority = boot_params.ftpprio;
  error = ftpd_start(&server);
  if (error) {
    printf("ftpd: not started: %s\n", strerror(error));
    return error;
  }
  if (boot_params.responder_port) {
    error = responder_start((uint16_t)boot_params.responder_port, boot_params.responder_prio);
    if (error) {
      printf("responder: not started: %s\n", strerror(error));
    }
  }
  return error;
}
