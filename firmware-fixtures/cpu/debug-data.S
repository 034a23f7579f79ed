/* Load/store breakpoints 0x1C00: address comparators E, F, data comparators G, H, qualification, counters, BAR. */
#include "check.h"
TESTS

/* LCTRL1 */
#define CT_EQ 4
#define CT_LT 5
#define CT_GT 6
#define CT_NE 7
#define CTE(x) ((x) << 29)
#define CTF(x) ((x) << 26)
#define CTG(x) ((x) << 23)
#define CTH(x) ((x) << 20)
#define ANY 0
#define LOAD 2
#define STORE 3
#define CRWE(x) ((x) << 18)
#define CRWF(x) ((x) << 16)
#define WORD 1
#define HALF 2
#define BYTE 3
#define CSG(x) ((x) << 14)
#define CSH(x) ((x) << 12)
#define SUSG 0x800
#define CGBMSK(x) ((x) << 6)
#define CHBMSK(x) ((x) << 2)
/* LCTRL2 */
#define FIRST 0
#define SECOND 1
#define BOTH 2
#define EITHER 3
#define LW0EN 0x80000000
#define LW0IA(x) ((x) << 29)
#define LW0IADC 0x10000000
#define LW0LA(x) ((x) << 26)
#define LW0LADC 0x02000000
#define LW0LD(x) ((x) << 23)
#define LW0LDDC 0x00400000
#define LW1EN 0x00200000
#define LW1LA(x) ((x) << 16)
#define LW1LADC 0x00008000
#define BRKNOMSK 0x800
#define DLW0EN 8
#define SLW0EN 2
#define SLW1EN 1
#define CNTC_LW 2

.macro WATCH lctrl1, lctrl2
    SET_SPR SPR_LCTRL1, \lctrl1
    SET_SPR SPR_LCTRL2, \lctrl2
    isync
.endm
.macro WATCH_OFF
    SET_SPR SPR_LCTRL2, 0
    isync
.endm
/* Breakpoint after the instruction at \at, for the access at \ea */
.macro CHECK_BREAK at, ea, msr=HARNESS_MSR
    EXPECT_VECTOR 0x1C00
    EXPECT_REG SRR0, \at + 4
    EXPECT_REG SRR1, \msr
    EXPECT_REG MSR, MSR_ME
    EXPECT_REG BAR, \ea
    EXPECT_DATA_STATUS_UNCHANGED
.endm
/* SCRATCH: words 80818283, 84858687, 88898A8B, 8C8D8E8F, … up to 9F. r3 = SCRATCH, r6, r7, r9. Clobbers r4, r5. */
.macro FILL
    SET     r3, SCRATCH
    SET     r4, 0x80818283
    li      r5, 0
7703:
    stwx    r4, r3, r5
    addis   r4, r4, 0x0404
    addi    r4, r4, 0x0404
    addi    r5, r5, 4
    cmpwi   r5, 32
    blt     7703b
    SET     r6, 0x66666666
    SET     r7, 0x77777777
    SET     r9, 0x80818283
.endm

.macro HIT name, cmpe, cmpf, cmpg, cmph, ea, lctrl1, lctrl2, instruction:vararg
TEST "hit: \name", "MPC823 UM 20.3.1; MPC561 RM 23.2.1"
    FILL
    li      r4, 8
    RESUME  2f
    SET_SPR SPR_CMPE, \cmpe
    SET_SPR SPR_CMPF, \cmpf
    SET_SPR SPR_CMPG, \cmpg
    SET_SPR SPR_CMPH, \cmph
    SET     r3, SCRATCH
    WATCH   \lctrl1, \lctrl2
1:  \instruction
    FAIL    "not taken"
2:  WATCH_OFF
    CHECK_BREAK 1b, \ea
.endm
.macro MISS name, cmpe, cmpf, cmpg, cmph, lctrl1, lctrl2, instruction:vararg
TEST "no hit: \name", "MPC823 UM 20.3.1; MPC561 RM 23.2.1"
    FILL
    li      r4, 8
    SET_SPR SPR_CMPE, \cmpe
    SET_SPR SPR_CMPF, \cmpf
    SET_SPR SPR_CMPG, \cmpg
    SET_SPR SPR_CMPH, \cmph
    SET     r3, SCRATCH
    WATCH   \lctrl1, \lctrl2
    \instruction
    WATCH_OFF
    EXPECT_NO_EXCEPTION
.endm

#define ON_E (LW0EN | LW0LA(FIRST) | LW0LADC | SLW0EN)
#define ON_F (LW0EN | LW0LA(SECOND) | LW0LADC | SLW0EN)
#define ON_E_AND_F (LW0EN | LW0LA(BOTH) | LW0LADC | SLW0EN)
#define ON_E_OR_F (LW0EN | LW0LA(EITHER) | LW0LADC | SLW0EN)
#define ON_G (LW0EN | LW0LD(FIRST) | LW0LDDC | SLW0EN)
#define ON_H (LW0EN | LW0LD(SECOND) | LW0LDDC | SLW0EN)
#define ON_G_AND_H (LW0EN | LW0LD(BOTH) | LW0LDDC | SLW0EN)
#define ON_G_OR_H (LW0EN | LW0LD(EITHER) | LW0LDDC | SLW0EN)
#define AT(n) (SCRATCH + (n))

TEST "after a load, which has completed", "MPC823 UM 20.3.1; MPC801 UM 7.3.7.3.15"
    FILL
    RESUME  2f
    SET_SPR SPR_CMPE, AT(4)
    WATCH   CTE(CT_EQ), ON_E
1:  lwzu    r6, 4(r3)
    li      r6, 0
2:  WATCH_OFF
    CHECK_BREAK 1b, AT(4)
    EXPECT_EQ r6, 0x84858687
    EXPECT_EQ r3, AT(4)

TEST "after a store, which has completed", "MPC823 UM 20.3.1"
    FILL
    RESUME  2f
    SET_SPR SPR_CMPE, AT(4)
    WATCH   CTE(CT_EQ), ON_E
1:  stw     r6, 4(r3)
    li      r6, 0
2:  WATCH_OFF
    CHECK_BREAK 1b, AT(4)
    EXPECT_WORD AT(4), 0x66666666

/* addresses */
HIT "stb at the address", AT(5), 0, 0, 0, AT(5), CTE(CT_EQ), ON_E, stb r6, 5(r3)
MISS "stb beside it", AT(5), 0, 0, 0, CTE(CT_EQ), ON_E, stb r6, 4(r3)
HIT "a half-word: its low address bit does not count", AT(5), 0, 0, 0, AT(4), CTE(CT_EQ), ON_E, lhz r6, 4(r3)
HIT "a word: its low two address bits do not count", AT(7), 0, 0, 0, AT(4), CTE(CT_EQ), ON_E, lwz r6, 4(r3)
MISS "the word beside", AT(8), 0, 0, 0, CTE(CT_EQ), ON_E, lwz r6, 4(r3)
HIT "F alone", 0, AT(8), 0, 0, AT(8), CTF(CT_EQ), ON_F, lwzx r6, r3, r4
HIT "greater", AT(7), 0, 0, 0, AT(8), CTE(CT_GT), ON_E, lbz r6, 8(r3)
MISS "not greater", AT(8), 0, 0, 0, CTE(CT_GT), ON_E, lbz r6, 8(r3)
HIT "less", AT(9), 0, 0, 0, AT(8), CTE(CT_LT), ON_E, lbz r6, 8(r3)
MISS "not less", AT(8), 0, 0, 0, CTE(CT_LT), ON_E, lbz r6, 8(r3)
HIT "not equal", AT(9), 0, 0, 0, AT(8), CTE(CT_NE), ON_E, lbz r6, 8(r3)
MISS "not not equal", AT(8), 0, 0, 0, CTE(CT_NE), ON_E, lbz r6, 8(r3)
HIT "E and F: a range", AT(7), AT(12), 0, 0, AT(8), CTE(CT_GT) | CTF(CT_LT), ON_E_AND_F, lbz r6, 8(r3)
MISS "E and F: below the range", AT(7), AT(12), 0, 0, CTE(CT_GT) | CTF(CT_LT), ON_E_AND_F, lbz r6, 7(r3)
MISS "E and F: above the range", AT(7), AT(12), 0, 0, CTE(CT_GT) | CTF(CT_LT), ON_E_AND_F, lbz r6, 12(r3)
HIT "E or F: outside a range", AT(4), AT(12), 0, 0, AT(13), CTE(CT_LT) | CTF(CT_GT), ON_E_OR_F, lbz r6, 13(r3)
MISS "E or F: inside it", AT(4), AT(12), 0, 0, CTE(CT_LT) | CTF(CT_GT), ON_E_OR_F, lbz r6, 8(r3)
MISS "an inactive comparator", AT(4), 0, 0, 0, CTE(0), ON_E, lwz r6, 4(r3)

/* loads and stores */
HIT "loads only: a load", AT(4), 0, 0, 0, AT(4), CTE(CT_EQ) | CRWE(LOAD), ON_E, lwz r6, 4(r3)
MISS "loads only: a store", AT(4), 0, 0, 0, CTE(CT_EQ) | CRWE(LOAD), ON_E, stw r6, 4(r3)
HIT "stores only: a store", 0, AT(4), 0, 0, AT(4), CTF(CT_EQ) | CRWF(STORE), ON_F, stw r6, 4(r3)
MISS "stores only: a load", 0, AT(4), 0, 0, CTF(CT_EQ) | CRWF(STORE), ON_F, lwz r6, 4(r3)

/* every way to get at memory */
HIT "lmw: BAR is the word's address", AT(8), 0, 0, 0, AT(8), CTE(CT_EQ), ON_E, lmw r29, 0(r3)
HIT "stmw", AT(8), 0, 0, 0, AT(8), CTE(CT_EQ), ON_E, stmw r29, 0(r3)
HIT "lswi", AT(4), 0, 0, 0, AT(4), CTE(CT_EQ), ON_E, lswi r6, r3, 8
HIT "stswi", AT(4), 0, 0, 0, AT(4), CTE(CT_EQ), ON_E, stswi r6, r3, 8
HIT "lwarx", AT(8), 0, 0, 0, AT(8), CTE(CT_EQ), ON_E, lwarx r6, r3, r4
HIT "lwbrx", AT(8), 0, 0, 0, AT(8), CTE(CT_EQ), ON_E, lwbrx r6, r3, r4
HIT "sthbrx", AT(8), 0, 0, 0, AT(8), CTE(CT_EQ), ON_E, sthbrx r6, r3, r4
HIT "stwux", AT(8), 0, 0, 0, AT(8), CTE(CT_EQ), ON_E, stwux r6, r3, r4
HIT "a misaligned word: its second half", AT(4), 0, 0, 0, AT(4), CTE(CT_EQ), ON_E, lwz r6, 2(r3)

TEST "stwcx. without a reservation is no access", "MPC823 UM 20.3.1; PEM 8, stwcx."
    FILL
    stwcx.  r6, 0, r3               /* whatever reservation there was */
    SET_SPR SPR_CMPE, AT(4)
    WATCH   CTE(CT_EQ), ON_E
    addi    r4, r3, 4
    stwcx.  r6, 0, r4
    WATCH_OFF
    EXPECT_NO_EXCEPTION

TEST "stwcx. with a reservation is a store", "MPC823 UM 20.3.1; PEM 8, stwcx."
    FILL
    RESUME  2f
    addi    r4, r3, 4
    lwarx   r5, 0, r4
    SET_SPR SPR_CMPE, AT(4)
    WATCH   CTE(CT_EQ) | CRWE(STORE), ON_E
1:  stwcx.  r6, 0, r4
2:  WATCH_OFF
    CHECK_BREAK 1b, AT(4)
    EXPECT_WORD AT(4), 0x66666666

TEST "a load multiple runs to its end first", "MPC823 UM 20.3.1"
    FILL
    RESUME  2f
    SET_SPR SPR_CMPE, AT(0)
    SET_SPR SPR_CMPF, AT(8)
    WATCH   CTE(CT_EQ) | CTF(CT_EQ), ON_E_OR_F
1:  lmw     r28, 0(r3)
2:  WATCH_OFF
    CHECK_BREAK 1b, AT(0)
    EXPECT_NO_EXCEPTION
    EXPECT_EQ r31, 0x8C8D8E8F

/* data; the word at 4 is 84858687 */
HIT "a word's value", 0, 0, 0x84858687, 0, AT(4), CTG(CT_EQ) | CSG(WORD), ON_G, lwz r6, 4(r3)
MISS "another word's value", 0, 0, 0x84858687, 0, CTG(CT_EQ) | CSG(WORD), ON_G, lwz r6, 8(r3)
HIT "a word's value stored", 0, 0, 0, 0x66666666, AT(4), CTH(CT_EQ) | CSH(WORD), ON_H, stw r6, 4(r3)
HIT "as it is on the bus: lwbrx before its exchange", 0, 0, 0x88898A8B, 0, AT(8), CTG(CT_EQ) | CSG(WORD), ON_G, lwbrx r6, r3, r4
HIT "as it is on the bus: stwbrx after its exchange", 0, 0, 0x83828180, 0, AT(8), CTG(CT_EQ) | CSG(WORD), ON_G, stwbrx r9, r3, r4
HIT "a masked byte", 0, 0, 0x8485FF87, 0, AT(4), CTG(CT_EQ) | CSG(WORD) | CGBMSK(2), ON_G, lwz r6, 4(r3)
MISS "the same byte not masked", 0, 0, 0x8485FF87, 0, CTG(CT_EQ) | CSG(WORD) | CGBMSK(4), ON_G, lwz r6, 4(r3)
MISS "all bytes masked", 0, 0, 0x84858687, 0, CTG(CT_EQ) | CSG(WORD) | CGBMSK(15), ON_G, lwz r6, 4(r3)
HIT "half-word mode: the second half of a word load", 0, 0, 0x00008687, 0, AT(4), CTG(CT_EQ) | CSG(HALF) | CGBMSK(12), ON_G, lwz r6, 4(r3)
HIT "half-word mode: a half-word load at its own place", 0, 0, 0x00008687, 0, AT(6), CTG(CT_EQ) | CSG(HALF), ON_G, lhz r6, 6(r3)
MISS "half-word mode: the value in the other half", 0, 0, 0x86870000, 0, CTG(CT_EQ) | CSG(HALF) | CGBMSK(3), ON_G, lhz r6, 6(r3)
HIT "byte mode: any of four", 0, 0, 0x86868686, 0, AT(4), CTG(CT_EQ) | CSG(BYTE), ON_G, lwz r6, 4(r3)
HIT "byte mode: a byte load", 0, 0, 0x86868686, 0, AT(6), CTG(CT_EQ) | CSG(BYTE), ON_G, lbz r6, 6(r3)
MISS "byte mode: only the first byte counts", 0, 0, 0x86868686, 0, CTG(CT_EQ) | CSG(BYTE) | CGBMSK(7), ON_G, lwz r6, 4(r3)
MISS "a byte load is too small for word mode", 0, 0, 0x84848484, 0, CTG(CT_EQ) | CSG(WORD) | CGBMSK(7), ON_G, lbz r6, 4(r3)
HIT "unsigned: 84858687 is above 10000000", 0, 0, 0x10000000, 0, AT(4), CTG(CT_GT) | CSG(WORD), ON_G, lwz r6, 4(r3)
HIT "signed: 84858687 is below 10000000", 0, 0, 0x10000000, 0, AT(4), CTG(CT_LT) | CSG(WORD) | SUSG, ON_G, lwz r6, 4(r3)
MISS "signed: 84858687 is not above 10000000", 0, 0, 0x10000000, 0, CTG(CT_GT) | CSG(WORD) | SUSG, ON_G, lwz r6, 4(r3)
HIT "signed bytes", 0, 0, 0x01010101, 0, AT(5), CTG(CT_LT) | CSG(BYTE) | SUSG, ON_G, lbz r6, 5(r3)
HIT "G and H: between", 0, 0, 0x84000000, 0x85000000, AT(4), CTG(CT_GT) | CSG(WORD) | CTH(CT_LT) | CSH(WORD), ON_G_AND_H, lwz r6, 4(r3)
MISS "G and H: not between", 0, 0, 0x84000000, 0x85000000, CTG(CT_GT) | CSG(WORD) | CTH(CT_LT) | CSH(WORD), ON_G_AND_H, lwz r6, 8(r3)
MISS "G and H want one and the same byte", 0, 0, 0x84848484, 0x85858585, CTG(CT_EQ) | CSG(BYTE) | CTH(CT_EQ) | CSH(BYTE), ON_G_AND_H, lwz r6, 4(r3)
HIT "G or H", 0, 0, 0, 0x88898A8B, AT(8), CTG(CT_EQ) | CSG(WORD) | CTH(CT_EQ) | CSH(WORD), ON_G_OR_H, lwz r6, 8(r3)
HIT "address and data", AT(4), 0, 0x84858687, 0, AT(4), CTE(CT_EQ) | CTG(CT_EQ) | CSG(WORD), ON_E | ON_G, lwz r6, 4(r3)
MISS "the data at another address", AT(8), 0, 0x84858687, 0, CTE(CT_EQ) | CTG(CT_EQ) | CSG(WORD), ON_E | ON_G, lwz r6, 4(r3)
MISS "other data at the address", AT(4), 0, 0x84858688, 0, CTE(CT_EQ) | CTG(CT_EQ) | CSG(WORD), ON_E | ON_G, lwz r6, 4(r3)

/* enabling */
MISS "the watchpoint is not enabled", AT(4), 0, 0, 0, CTE(CT_EQ), ON_E & ~LW0EN, lwz r6, 4(r3)
MISS "no software trap", AT(4), 0, 0, 0, CTE(CT_EQ), ON_E & ~SLW0EN, lwz r6, 4(r3)
MISS "a trap for the development port", AT(4), 0, 0, 0, CTE(CT_EQ), (ON_E & ~SLW0EN) | DLW0EN, lwz r6, 4(r3)
HIT "the second watchpoint", 0, AT(4), 0, 0, AT(4), CTF(CT_EQ), LW1EN | LW1LA(SECOND) | LW1LADC | SLW1EN, lwz r6, 4(r3)
HIT "nothing cared about: every access", 0, 0, 0, 0, AT(4), 0, LW0EN | SLW0EN, lwz r6, 4(r3)

/* qualified by an instruction watchpoint: IW2 is comparator C */
.macro QUALIFIED name, where, count
TEST "\name", "MPC823 UM 20.3.1; LCTRL2[LW0IADC]"
    FILL
    RESUME_WHERE_IT_WAS
    SET_SPR SPR_CMPC, \where\()f
    SET_SPR SPR_CMPE, AT(4)
    SET_SPR SPR_ICTRL, (CT_EQ << 23) | (2 << 14) | 7
    WATCH   CTE(CT_EQ), ON_E | LW0IA(2) | LW0IADC
31: lwz     r6, 4(r3)
32: lwz     r6, 4(r3)
    lwz     r6, 8(r3)
    WATCH_OFF
    SET_SPR SPR_ICTRL, 7
    isync
    .rept   \count
    CHECK_BREAK \where\()b, AT(4)
    .endr
    EXPECT_NO_EXCEPTION
.endm
QUALIFIED "only by the first load", 31, 1
QUALIFIED "only by the second load", 32, 1

/* The word at 1f + 4 is executed at 1f in little-endian mode. The comparators see effective addresses (a choice). */
TEST "little-endian: effective addresses", "MPC801 UM 7.3.7.3.15: the address as the instruction computes it"
    FILL
    RESUME  2f
    SET_SPR SPR_CMPE, AT(4)
    WATCH   CTE(CT_EQ), ON_E
    SET_SPR SPR_SRR0, 1f
    SET_SPR SPR_SRR1, HARNESS_MSR | MSR_LE
    rfi
    .balign 8
1:  nop
    lwz     r6, 4(r3)
    nop
    nop
2:  WATCH_OFF
    CHECK_BREAK 1b, AT(4), HARNESS_MSR | MSR_LE
    EXPECT_EQ r6, 0x80818283        /* munged: the other word of the pair */

/* masking and counting */
TEST "masked while MSR[RI] = 0", "MPC823 UM 20.3"
    FILL
    SET_SPR SPR_CMPE, AT(4)
    mtspr   SPR_NRI, r0
    WATCH   CTE(CT_EQ), ON_E
    lwz     r6, 4(r3)
    WATCH_OFF
    mtspr   SPR_EID, r0
    EXPECT_NO_EXCEPTION

TEST "not masked with BRKNOMSK = 1", "MPC823 UM 20.3"
    FILL
    RESUME  2f
    SET_SPR SPR_CMPE, AT(4)
    mtspr   SPR_NRI, r0
    WATCH   CTE(CT_EQ), ON_E | BRKNOMSK
1:  lwz     r6, 4(r3)
2:  WATCH_OFF
    CHECK_BREAK 1b, AT(4), MSR_ME

TEST "COUNTA: the third store", "RCPU RM 8.2.2.1"
    FILL
    li      r5, 9
    mtctr   r5
    li      r5, 0
    RESUME  2f
    SET_SPR SPR_CMPE, AT(4)
    SET_SPR SPR_COUNTA, (3 << 16) | CNTC_LW
    WATCH   CTE(CT_EQ) | CRWE(STORE), ON_E & ~SLW0EN
3:  addi    r5, r5, 1
    lwz     r6, 4(r3)
1:  stw     r5, 4(r3)
    bdnz    3b
2:  WATCH_OFF
    CHECK_BREAK 1b, AT(4)
    EXPECT_EQ r5, 3
    EXPECT_SPR SPR_COUNTA, CNTC_LW

TEST "COUNTB: hits of one load multiple are one", "MPC823 UM 20.3.1.1"
    FILL
    SET_SPR SPR_CMPE, AT(0)
    SET_SPR SPR_COUNTB, (10 << 16) | CNTC_LW
    WATCH   CTE(CT_GT), LW1EN | LW1LADC
    lmw     r28, 0(r3)
    WATCH_OFF
    EXPECT_NO_EXCEPTION
    EXPECT_SPR SPR_COUNTB, (9 << 16) | CNTC_LW

TEST "an access that faults is no hit", "MPC823 UM 20.3.1"
    SET     r3, 0x70000000
    RESUME  2f
    MAP_RAM
    SET_SPR SPR_CMPE, 0x70000000
    WATCH   CTE(CT_EQ), ON_E
    TRANSLATE_DATA
1:  lwz     r6, 0(r3)
2:  WATCH_OFF
    EXPECT_VECTOR 0x1200
    EXPECT_REG SRR0, 1b
    EXPECT_NO_EXCEPTION

TEST "a load multiple that faults after a hit: only the fault", "MPC823 UM 20.3.1"
    SET     r3, 0x70000FFC
    RESUME  2f
    MAP_RAM
    DTLB_ENTRY 5, 0x70000000 | EPN_EV, 1, SCRATCH | 0x9F5
    SET_SPR SPR_CMPE, 0x70000FFC
    WATCH   CTE(CT_EQ), ON_E
    TRANSLATE_DATA
1:  lmw     r28, 0(r3)
2:  WATCH_OFF
    EXPECT_VECTOR 0x1200
    EXPECT_REG SRR0, 1b
    EXPECT_NO_EXCEPTION

TEST "effective addresses, in user state", "MPC801 UM 7.3.7.3.15"
    SET     r3, 0x70000000
    RESUME  2f
    MAP_RAM
    DTLB_ENTRY 5, 0x70000000 | EPN_EV, 1, SCRATCH | 0x9F5
    SET_SPR SPR_CMPE, 0x70000010
    WATCH   CTE(CT_EQ), ON_E
    TRANSLATE
    ENTER_USER
1:  stw     r6, 0x10(r3)
2:  WATCH_OFF
    CHECK_BREAK 1b, 0x70000010, HARNESS_MSR | MSR_IR | MSR_DR | MSR_PR

TEST "a breakpoint is the instruction's own exception: no trace after it", "MPC801 UM table 6-6; MPC860 UM 7.1.2.10"
    SET     r3, SCRATCH
    RESUME  2f
    SET_SPR SPR_CMPE, AT(4)
    WATCH   CTE(CT_EQ), ON_E
    SET_SPR SPR_SRR0, 1f
    SET_SPR SPR_SRR1, HARNESS_MSR | MSR_SE
    rfi
1:  lwz     r6, 4(r3)
2:  WATCH_OFF
    CHECK_BREAK 1b, AT(4), HARNESS_MSR | MSR_SE
    EXPECT_NO_EXCEPTION

TEST "a handler that returns goes on behind the access", "MPC823 UM 20.3"
    FILL
    RESUME_WHERE_IT_WAS
    SET_SPR SPR_CMPE, AT(4)
    WATCH   CTE(CT_EQ), ON_E
    li      r5, 0
1:  lwz     r6, 4(r3)
    addi    r5, r5, 1
3:  stw     r5, 4(r3)
    addi    r5, r5, 1
    WATCH_OFF
    CHECK_BREAK 1b, AT(4)
    CHECK_BREAK 3b, AT(4)
    EXPECT_NO_EXCEPTION
    EXPECT_EQ r5, 2

END_TESTS
