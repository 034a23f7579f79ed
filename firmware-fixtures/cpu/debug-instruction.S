/* Instruction breakpoints 0x1D00: comparators A–D, watchpoints IW0–IW3, counters, masking, ignoring the first match. */
#include "check.h"
TESTS

/* ICTRL */
#define CT_EQ 4
#define CT_LT 5
#define CT_GT 6
#define CT_NE 7
#define CTA(x) ((x) << 29)
#define CTB(x) ((x) << 26)
#define CTC(x) ((x) << 23)
#define CTD(x) ((x) << 20)
#define IW_OWN 2                    /* its own comparator */
#define IW_PAIR 3                   /* IW0, IW2: both of the pair; IW1, IW3: either */
#define IW0(x) ((x) << 18)
#define IW1(x) ((x) << 16)
#define IW2(x) ((x) << 14)
#define IW3(x) ((x) << 12)
#define SIW0EN 0x800
#define SIW1EN 0x400
#define SIW2EN 0x200
#define SIW3EN 0x100
#define DIW0EN 0x080
#define IFM 0x008
#define NORMAL 7                    /* not serialised, no show cycles */
#define BRKNOMSK 0x800              /* of LCTRL2 */
#define CNTC_IW 1

.macro CHECK_BREAK at, msr=HARNESS_MSR
    EXPECT_VECTOR 0x1D00
    EXPECT_REG SRR0, \at
    EXPECT_REG SRR1, \msr
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED
.endm
.macro BREAKPOINTS_OFF
    SET_SPR SPR_ICTRL, NORMAL
    isync
.endm

TEST "at an address: before the instruction", "MPC823 UM 20.3; MPC801 UM 7.3.7.3.15"
    li      r5, 1
    RESUME  2f
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
    li      r5, 2
1:  li      r5, 3
    li      r5, 4
2:  BREAKPOINTS_OFF
    CHECK_BREAK 1b
    EXPECT_EQ r5, 2

TEST "comparator registers and ICTRL read back", "MPC860 UM 37"
    .irp spr, SPR_CMPA, SPR_CMPB, SPR_CMPC, SPR_CMPD, SPR_CMPE, SPR_CMPF, SPR_CMPG, SPR_CMPH, SPR_BAR, SPR_DER
    SET_SPR \spr, 0x12345678
    EXPECT_SPR \spr, 0x12345678
    .endr
    SET_SPR SPR_DER, 0x2000000F

/* Each comparator and watchpoint alone */
.macro WATCHPOINT name, comparator, ictrl
TEST "\name", "MPC823 UM 20.3.1; MPC561 RM 23.2"
    RESUME  2f
    SET_SPR \comparator, 1f
    SET_SPR SPR_ICTRL, \ictrl
    isync
    nop
1:  li      r5, 3
    FAIL    "not taken"
2:  BREAKPOINTS_OFF
    CHECK_BREAK 1b
.endm
WATCHPOINT "IW1 from B", SPR_CMPB, CTB(CT_EQ) | IW1(IW_OWN) | SIW1EN | NORMAL
WATCHPOINT "IW1 from A or B: A", SPR_CMPA, CTA(CT_EQ) | IW1(IW_PAIR) | SIW1EN | NORMAL
WATCHPOINT "IW1 from A or B: B", SPR_CMPB, CTB(CT_EQ) | IW1(IW_PAIR) | SIW1EN | NORMAL
WATCHPOINT "IW2 from C", SPR_CMPC, CTC(CT_EQ) | IW2(IW_OWN) | SIW2EN | NORMAL
WATCHPOINT "IW3 from D", SPR_CMPD, CTD(CT_EQ) | IW3(IW_OWN) | SIW3EN | NORMAL
WATCHPOINT "IW3 from C or D: C", SPR_CMPC, CTC(CT_EQ) | IW3(IW_PAIR) | SIW3EN | NORMAL
WATCHPOINT "serialised fetch (ISCT_SER = 0) changes nothing", SPR_CMPA, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN

TEST "the low two bits of a comparator do not count", "MPC860 UM 37"
    RESUME  2f
    SET_SPR SPR_CMPA, 1f + 3
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
    nop
1:  nop
    FAIL    "not taken"
2:  BREAKPOINTS_OFF
    CHECK_BREAK 1b

TEST "A and B: a range", "MPC823 UM 20.3.1"
    RESUME  3f
    SET_SPR SPR_CMPA, 1f            /* above 1f, below 2f */
    SET_SPR SPR_CMPB, 2f
    SET_SPR SPR_ICTRL, CTA(CT_GT) | CTB(CT_LT) | IW0(IW_PAIR) | SIW0EN | NORMAL
    isync
    b       4f
1:  nop
    nop
2:  nop
    FAIL    "not taken"
4:  b       5f
5:  b       1b
3:  BREAKPOINTS_OFF
    CHECK_BREAK 1b + 4

TEST "C and D: equal and not equal never meet", "MPC823 UM 20.3.1"
    SET_SPR SPR_CMPC, 1f
    SET_SPR SPR_CMPD, 1f
    SET_SPR SPR_ICTRL, CTC(CT_EQ) | CTD(CT_NE) | IW2(IW_PAIR) | SIW2EN | NORMAL
    isync
    nop
1:  nop
    BREAKPOINTS_OFF
    EXPECT_NO_EXCEPTION

TEST "not equal: the first instruction elsewhere", "MPC823 UM 20.3.1"
    ON_VECTOR 0x1D00, 3f
    SET_SPR SPR_CMPA, 1f
    SET     r3, CTA(CT_NE) | IW0(IW_OWN) | SIW0EN | NORMAL
    mtspr   SPR_ICTRL, r3
1:  nop
2:  nop
    CHECK_BREAK 2b
    EXPECT_NO_EXCEPTION
    b       9f
3:  li      r20, NORMAL             /* RI = 0 here: masked */
    mtspr   SPR_ICTRL, r20
    rfi
9:

TEST "an inactive comparator never matches", "MPC823 UM 20.3.1"
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(0) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
1:  nop
    SET_SPR SPR_ICTRL, CTA(3) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
    BREAKPOINTS_OFF
    EXPECT_NO_EXCEPTION

TEST "a watchpoint that is not trap-enabled, or only for the development port, does not break", "MPC823 UM 20.3"
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | DIW0EN | SIW1EN | NORMAL
    isync
1:  nop
    BREAKPOINTS_OFF
    EXPECT_NO_EXCEPTION

TEST "in user state, translated", "MPC801 UM 7.3.7.3.15"
    MAP_RAM
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
    RESUME  2f
    TRANSLATE
    ENTER_USER
    nop
1:  nop
2:  BREAKPOINTS_OFF
    CHECK_BREAK 1b, HARNESS_MSR | MSR_IR | MSR_DR | MSR_PR

TEST "at the target of a branch", "MPC823 UM 20.3"
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
    RESUME  2f
    b       1f
    nop
1:  nop
2:  BREAKPOINTS_OFF
    CHECK_BREAK 1b

TEST "an instruction jumped over is not reported", "MPC823 UM 20.3.1"
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
    b       2f
1:  nop
2:  BREAKPOINTS_OFF
    EXPECT_NO_EXCEPTION

TEST "comes before what the instruction itself would cause", "MPC801 UM table 6-6"
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
    RESUME  2f
1:  trap
2:  BREAKPOINTS_OFF
    CHECK_BREAK 1b

TEST "comes after the trace of the instruction before", "MPC801 UM table 6-6"
    ON_VECTOR 0xD00, 3f
    RESUME  2f
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
    SET_SPR SPR_SRR0, 4f
    SET_SPR SPR_SRR1, HARNESS_MSR | MSR_SE
    rfi
4:  nop
1:  nop
2:  BREAKPOINTS_OFF
    EXPECT_VECTOR 0xD00
    EXPECT_REG SRR0, 1b
    CHECK_BREAK 1b, HARNESS_MSR | MSR_SE
    EXPECT_NO_EXCEPTION
    b       9f
3:  rfi
9:

/* --- ignoring the first match --- */

TEST "IFM: the first match is ignored and clears the bit, the second breaks", "RCPU RM 8.2.2.3"
    li      r5, 0
    li      r6, 3
    mtctr   r6
    RESUME  2f
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | IFM | NORMAL
    isync
1:  addi    r5, r5, 1
    bdnz    1b
    FAIL    "not taken"
2:  EXPECT_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    BREAKPOINTS_OFF
    CHECK_BREAK 1b
    EXPECT_EQ r5, 1

TEST "IFM: a handler continues at the breakpoint", "RCPU RM 8.2.2.3"
    li      r5, 0
    li      r6, 3
    mtctr   r6
    ON_VECTOR 0x1D00, 3f
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
1:  addi    r5, r5, 1
    bdnz    1b
    BREAKPOINTS_OFF
    CHECK_BREAK 1b
    CHECK_BREAK 1b
    CHECK_BREAK 1b
    EXPECT_NO_EXCEPTION
    EXPECT_EQ r5, 3
    b       9f
3:  mfspr   r20, SPR_ICTRL
    ori     r20, r20, IFM
    mtspr   SPR_ICTRL, r20
    rfi
9:

/* --- masking --- */

TEST "masked while MSR[RI] = 0", "MPC823 UM 20.3; LCTRL2[BRKNOMSK] = 0"
    SET_SPR SPR_CMPA, 1f
    mtspr   SPR_NRI, r0
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
1:  nop
    BREAKPOINTS_OFF
    mtspr   SPR_EID, r0
    EXPECT_NO_EXCEPTION

TEST "not masked with BRKNOMSK = 1", "MPC823 UM 20.3"
    RESUME  2f
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_LCTRL2, BRKNOMSK
    mtspr   SPR_NRI, r0
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | SIW0EN | NORMAL
    isync
1:  nop
2:  BREAKPOINTS_OFF
    CHECK_BREAK 1b, MSR_ME

/* --- counters --- */

TEST "COUNTA: breaks at the fifth execution; nothing needs SIW0EN", "RCPU RM 8.2.2.1"
    li      r5, 0
    li      r6, 9
    mtctr   r6
    RESUME  2f
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_COUNTA, (5 << 16) | CNTC_IW
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | NORMAL
    isync
1:  addi    r5, r5, 1
    bdnz    1b
    FAIL    "not taken"
2:  BREAKPOINTS_OFF
    CHECK_BREAK 1b
    EXPECT_EQ r5, 4
    EXPECT_SPR SPR_COUNTA, CNTC_IW

TEST "COUNTB counts IW1; what is not counted does not count", "RCPU RM 8.2.2.1"
    li      r5, 0
    li      r6, 4
    mtctr   r6
    SET_SPR SPR_CMPB, 1f
    SET_SPR SPR_COUNTA, (2 << 16) | CNTC_IW
    SET_SPR SPR_COUNTB, (100 << 16) | CNTC_IW
    SET_SPR SPR_ICTRL, CTB(CT_EQ) | IW1(IW_OWN) | NORMAL
    isync
1:  addi    r5, r5, 1
    bdnz    1b
    BREAKPOINTS_OFF
    EXPECT_NO_EXCEPTION
    EXPECT_SPR SPR_COUNTA, (2 << 16) | CNTC_IW
    EXPECT_SPR SPR_COUNTB, (96 << 16) | CNTC_IW

TEST "counters stand still while masked", "MPC823 UM 20.3"
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_COUNTA, (3 << 16) | CNTC_IW
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | NORMAL
    mtspr   SPR_NRI, r0
    li      r6, 7
    mtctr   r6
1:  nop
    bdnz    1b
    mtspr   SPR_EID, r0
    BREAKPOINTS_OFF
    EXPECT_NO_EXCEPTION
    EXPECT_SPR SPR_COUNTA, (3 << 16) | CNTC_IW

TEST "an instruction that faults is counted back", "RCPU RM 8.2.2.1: counters reflect actual execution"
    RESUME  2f
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_COUNTA, (7 << 16) | CNTC_IW
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | NORMAL
    isync
1:  trap
2:  BREAKPOINTS_OFF
    EXPECT_VECTOR 0x700
    EXPECT_SPR SPR_COUNTA, (7 << 16) | CNTC_IW

TEST "sc completes, so it counts", "RCPU RM 8.2.2.1"
    RESUME  2f
    SET_SPR SPR_CMPA, 1f
    SET_SPR SPR_COUNTA, (7 << 16) | CNTC_IW
    SET_SPR SPR_ICTRL, CTA(CT_EQ) | IW0(IW_OWN) | NORMAL
    isync
1:  sc
2:  BREAKPOINTS_OFF
    EXPECT_VECTOR 0xC00
    EXPECT_SPR SPR_COUNTA, (6 << 16) | CNTC_IW

/* --- causes --- */

TEST "ICR: causes, cleared by reading, not writable", "MPC860 UM 37; hardware/core-registers.md 7.2"
    mfspr   r3, SPR_ICR
    RESUME_BEHIND_IT
    trap
    sc
    nop
    .long   0
    SET     r4, 0xFFFFFFFF
    mtspr   SPR_ICR, r4
    mfspr   r3, SPR_ICR
    mfspr   r4, SPR_ICR
    EXPECT_VECTOR 0x700
    EXPECT_VECTOR 0xC00
    EXPECT_VECTOR 0x1000
    EXPECT_EQ r3, 0x00800000 | 0x00040000 | 0x00004000, "ICR"
    EXPECT_EQ r4, 0, "ICR again"

TEST "DER selects debug mode, which wants a probe: without one it does nothing", "MPC860 UM 37; hardware/core-registers.md 7.2"
    SET_SPR SPR_DER, 0x7FFFFFFF
    RESUME  2f
1:  trap
2:  SET_SPR SPR_DER, 0x2000000F
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 1b

END_TESTS
