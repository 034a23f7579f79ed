/* Prints a line, then echoes what is typed: the smallest program that shows a board to be alive. */
#include "bare.h"

void bare_main(const uint32_t *board_info, const char *command_line) {
  memory_setup(command_line);
  console_setup(board_info[2], param_number(command_line, "baud", 115200));
  console_puts("hello from the MPC860\n");
  for (;;) {
    int c = console_getc();
    console_putc((char)(c == '\r' ? '\n' : c));
  }
}
