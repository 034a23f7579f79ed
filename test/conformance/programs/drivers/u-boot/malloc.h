/* What lib/dhry needs of u-boot's header of this name. */
#include <stdlib.h>
