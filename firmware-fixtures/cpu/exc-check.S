/* Machine check 0x200: an address that no chip select answers, by fetch and by data access; the bus monitor. */
#include "check.h"
TESTS

#define NOWHERE 0x30000000
#define TESR 0x020
#define TESR_ITMT 0x1000
#define TESR_DTMT 0x0010

/* DSISR as for alignment (RCPU RM, Machine Check Exception) */
#define D_IMAGE(op, d, a) ((((op) & 1) << 14) | ((((op) >> 1) & 15) << 10) | ((d) << 5) | (a))
#define X_IMAGE(xo, d, a) ((((xo) & 3) << 15) | ((((xo) >> 5) & 1) << 14) | (((xo) >> 6) << 10) | ((d) << 5) | (a))

/* r10 = TESR, which is then cleared. Clobbers r0, r11. */
.macro TAKE_TESR
    DATA_UNCACHED
    SET     r11, IMMR_BASE
    lwz     r10, TESR(r11)
    li      r0, -1
    stw     r0, TESR(r11)
    DATA_CACHED
.endm

/* The instruction with r3 = NOWHERE, r4 = 8, r6 = marker: no register changes. */
.macro DATA_CHECK name, ea, image, instruction:vararg
TEST "\name", "MPC860 UM 7.1.2.2; MPC801 UM 7.3.7.3.2"
    TAKE_TESR
    SET     r3, NOWHERE
    li      r4, 8
    SET     r6, 0x66666666
    RESUME  2f
1:  \instruction
    FAIL    "no exception"
2:  EXPECT_VECTOR 0x200
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, HARNESS_MSR
    EXPECT_REG MSR, 0
    EXPECT_REG DAR, \ea
    EXPECT_REG DSISR, \image
    EXPECT_EQ r3, NOWHERE
    EXPECT_EQ r6, 0x66666666
    TAKE_TESR
    EXPECT_EQ r10, TESR_DTMT, "TESR"
    TAKE_TESR
    EXPECT_EQ r10, 0, "TESR after clearing"
.endm

DATA_CHECK "lwz", NOWHERE + 4, D_IMAGE(32, 6, 3), lwz r6, 4(r3)
DATA_CHECK "lbz", NOWHERE + 7, D_IMAGE(34, 6, 3), lbz r6, 7(r3)
DATA_CHECK "lhz", NOWHERE + 6, D_IMAGE(40, 6, 3), lhz r6, 6(r3)
DATA_CHECK "lha", NOWHERE + 6, D_IMAGE(42, 6, 3), lha r6, 6(r3)
DATA_CHECK "lwzu: rA stays", NOWHERE + 4, D_IMAGE(33, 6, 3), lwzu r6, 4(r3)
DATA_CHECK "lwzx", NOWHERE + 8, X_IMAGE(23, 6, 3), lwzx r6, r3, r4
DATA_CHECK "lwzux: rA stays", NOWHERE + 8, X_IMAGE(55, 6, 3), lwzux r6, r3, r4
DATA_CHECK "lwarx", NOWHERE + 8, X_IMAGE(20, 6, 3), lwarx r6, r3, r4
DATA_CHECK "lwbrx", NOWHERE + 8, X_IMAGE(534, 6, 3), lwbrx r6, r3, r4
DATA_CHECK "lmw", NOWHERE + 4, D_IMAGE(46, 6, 3), lmw r6, 4(r3)
DATA_CHECK "lswi", NOWHERE, X_IMAGE(597, 6, 3), lswi r6, r3, 7
DATA_CHECK "stw", NOWHERE + 4, D_IMAGE(36, 6, 3), stw r6, 4(r3)
DATA_CHECK "stb", NOWHERE + 5, D_IMAGE(38, 6, 3), stb r6, 5(r3)
DATA_CHECK "sth", NOWHERE + 6, D_IMAGE(44, 6, 3), sth r6, 6(r3)
DATA_CHECK "stwu: rA stays", NOWHERE + 4, D_IMAGE(37, 6, 3), stwu r6, 4(r3)
DATA_CHECK "stwux: rA stays", NOWHERE + 8, X_IMAGE(183, 6, 3), stwux r6, r3, r4
DATA_CHECK "stmw", NOWHERE + 4, D_IMAGE(47, 6, 3), stmw r6, 4(r3)
DATA_CHECK "a misaligned load: the first cycle's address", NOWHERE + 1, D_IMAGE(32, 6, 3), lwz r6, 1(r3)

TEST "a load whose second cycle fails: that one's address", "MPC801 UM table 6-14"
    SET     r3, 0x02000000 - 2      /* the bank of the RAM ends at 32 MB */
    SET     r6, 0x66666666
    RESUME  2f
1:  lwz     r6, 0(r3)
2:  EXPECT_VECTOR 0x200
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, 0x02000000
    EXPECT_EQ r6, 0x66666666

TEST "data, past the cache", "MPC860 UM 7.1.2.2"
    DATA_UNCACHED
    SET     r3, NOWHERE
    RESUME  2f
1:  lwz     r6, 0(r3)
2:  EXPECT_VECTOR 0x200
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, NOWHERE

TEST "data, translated, in user state: DAR is the effective address", "MPC801 UM table 6-14"
    MAP_RAM
    DTLB_ENTRY 5, 0x70000000 | EPN_EV, 0x001, NOWHERE | 0x9F5
    SET     r3, 0x70000000
    RESUME  2f
    TRANSLATE
    ENTER_USER
1:  lwz     r6, 0x123(r3)
2:  EXPECT_VECTOR 0x200
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, HARNESS_MSR | MSR_IR | MSR_DR | MSR_PR
    EXPECT_REG MSR, 0
    EXPECT_REG DAR, 0x70000123

TEST "fetch: SRR1 bit 1, SRR0 is where the fetch was; DAR and DSISR stay", "MPC860 UM 7.1.2.2; Linux machine_check_8xx"
    TAKE_TESR
    SET     r3, NOWHERE + 0x10
    mtctr   r3
    RESUME  2f
    bctr
2:  EXPECT_VECTOR 0x200
    EXPECT_REG SRR0, NOWHERE + 0x10
    EXPECT_REG SRR1, 0x40000000 | HARNESS_MSR
    EXPECT_REG MSR, 0
    EXPECT_DATA_STATUS_UNCHANGED
    TAKE_TESR
    EXPECT_EQ r10, TESR_ITMT, "TESR"

TEST "fetch, translated, in user state: SRR0 is the effective address", "MPC860 UM 7.1.2.2"
    MAP_RAM
    ITLB_ENTRY 5, 0x70000000 | EPN_EV, 0x001, NOWHERE | 0x9F5
    SET     r3, 0x70000000
    mtctr   r3
    RESUME  2f
    TRANSLATE
    ENTER_USER
    bctr
2:  EXPECT_VECTOR 0x200
    EXPECT_REG SRR0, 0x70000000
    EXPECT_REG SRR1, 0x40000000 | HARNESS_MSR | MSR_IR | MSR_DR | MSR_PR

TEST "the bus monitor waits SYPCR[BMT] x 8 clocks", "MPC860 UM 11; hardware/siu.md 1.4"
    SET     r3, NOWHERE             /* the loader wrote BMT = FF: 2040 clocks, 127.5 of the time base */
    RESUME  2f
    mftb    r20
1:  lwz     r6, 0(r3)
2:  mftb    r21
    subf    r20, r20, r21
    EXPECT_VECTOR 0x200
    cmplwi  r20, 127
    li      r21, 1
    bge     3f
    li      r21, 0
3:  cmplwi  r20, 157
    ble     4f
    li      r21, 0
4:  EXPECT_EQ r21, 1, "time in bounds"

TEST "two machine checks one after the other", "MPC860 UM 7.1.2.2"
    SET     r3, NOWHERE
    RESUME  2f
1:  lwz     r6, 0(r3)
2:  EXPECT_VECTOR 0x200
    RESUME  4f
3:  stw     r6, 0(r3)
4:  EXPECT_VECTOR 0x200
    EXPECT_REG SRR0, 3b

END_TESTS
