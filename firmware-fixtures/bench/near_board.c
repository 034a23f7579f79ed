/* The loop of near.c on the board: `icache= dcache= iterations= data=near|far`. */
#include "bare.h"
#include "near.h"

void bare_main(const uint32_t *board_info, const char *command_line) {
  const char *data = param(command_line, "data");
  char report[96];

  memory_setup(command_line);
  console_setup(board_info[2], param_number(command_line, "baud", 115200));
  near_run(param_number(command_line, "iterations", NEAR_ROUNDS), data && data[0] == 'n', report);
  console_puts(report);
  console_drain();
  stop();
}
