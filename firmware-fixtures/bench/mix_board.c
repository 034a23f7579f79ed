/* The mix on the board: `icache= dcache= iterations= baud=`. Silent while it runs, so that only it is measured. */
#include "bare.h"
#include "mix.h"

void bare_main(const uint32_t *board_info, const char *command_line) {
  char report[96];

  memory_setup(command_line);
  console_setup(board_info[2], param_number(command_line, "baud", 115200));
  mix_run(param_number(command_line, "iterations", MIX_ITERATIONS), report);
  console_puts(report);
  console_drain();
  stop();
}
