/* What lib/dhry needs of u-boot's header of this name. */
#include <stdio.h>
#include <string.h>
