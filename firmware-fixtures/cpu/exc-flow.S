/* Vectors one by one: what each leaves in SRR0, SRR1, DSISR, DAR and MSR. */
#include "check.h"
TESTS

TEST "sc: SRR0 is the next instruction", "MPC860 UM 6.1.2.11; PEM 6.4.10"
    SET     r5, 0x1234
    RESUME  2f
1:  sc
    FAIL    "behind the call"
2:  EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, 1b + 4
    EXPECT_REG SRR1, HARNESS_MSR
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED
    EXPECT_EQ r5, 0x1234

TEST "sc in user state: the handler is in supervisor state", "MPC860 UM 6.1.2.11"
    RESUME  2f
    ENTER_USER
1:  sc
2:  EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, 1b + 4
    EXPECT_REG SRR1, HARNESS_MSR | MSR_PR
    EXPECT_REG MSR, MSR_ME

END_TESTS
