/* Lua: runs lua.lua, which is in the executable. */
#include <stdio.h>
#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

extern const char script[], script_end[];
__asm__(".section .rodata\nscript: .incbin \"" SCRIPT "\"\nscript_end: .byte 0\n.previous");

int main(void) {
  lua_State *L = luaL_newstate();

  luaL_openlibs(L);
  if (luaL_loadbuffer(L, script, (size_t)(script_end - script), "@lua.lua") || lua_pcall(L, 0, 0, 0)) {
    printf("lua: %s\n", lua_tostring(L, -1));
    return 1;
  }
  lua_close(L);
  return 0;
}
