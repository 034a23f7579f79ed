/*
 * Dhrystone 2.1 as u-boot carries it (BYTE's variant: silent, the loop runs one time less than asked). Prints the final
 * values that Dhrystone's own report checks; the time goes to the other descriptor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "dhry.h"

void dhry(int runs);
extern Rec_Pointer Ptr_Glob, Next_Ptr_Glob;
extern int Int_Glob, Arr_1_Glob[50], Arr_2_Glob[50][50];
extern Boolean Bool_Glob;
extern char Ch_1_Glob, Ch_2_Glob;

int main(int argc, char **argv) {
  int runs = argc > 1 ? atoi(argv[1]) : 20000, wrong;
  struct timespec from, to;

  clock_gettime(CLOCK_MONOTONIC, &from);
  dhry(runs + 1);
  clock_gettime(CLOCK_MONOTONIC, &to);
  printf("%d runs: Int_Glob %d Bool_Glob %d Ch_1_Glob %c Ch_2_Glob %c Arr_1_Glob[8] %d Arr_2_Glob[8][7] %d\n", runs, Int_Glob,
         Bool_Glob, Ch_1_Glob, Ch_2_Glob, Arr_1_Glob[8], Arr_2_Glob[8][7]);
  printf("Ptr_Glob %d %d %d %s\n", Ptr_Glob->Discr, Ptr_Glob->variant.var_1.Enum_Comp, Ptr_Glob->variant.var_1.Int_Comp,
         Ptr_Glob->variant.var_1.Str_Comp);
  printf("Next_Ptr_Glob %d %d %d %s\n", Next_Ptr_Glob->Discr, Next_Ptr_Glob->variant.var_1.Enum_Comp,
         Next_Ptr_Glob->variant.var_1.Int_Comp, Next_Ptr_Glob->variant.var_1.Str_Comp);
  wrong = Int_Glob != 5 || Bool_Glob != 1 || Ch_1_Glob != 'A' || Ch_2_Glob != 'B' || Arr_1_Glob[8] != 7 ||
          Arr_2_Glob[8][7] != runs + 10 || Ptr_Glob->variant.var_1.Int_Comp != 17 || Next_Ptr_Glob->variant.var_1.Int_Comp != 18;
  puts(wrong ? "WRONG" : "right");
  fprintf(stderr, "nanoseconds %lld\n", (to.tv_sec - from.tv_sec) * 1000000000ll + (to.tv_nsec - from.tv_nsec));
  return wrong;
}
