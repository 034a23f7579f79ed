/*
 * The MMU's registers: the replacement index, reserved entries, table pointers, tlbie, tlbia, overlaps, and what a debugger
 * reads of an entry. Sections of core-mmu.md beside the manual's name for them.
 */
#include "check.h"
TESTS

#define EA 0x10000000
#define CTR_GPM 0x80000000
#define CTR_PPM 0x40000000
#define V 0x001
#define WT 0x002
#define PS_512K 0x004
#define PS_8M 0x00C
#define G 0x010
#define RW_ALL 0x9F5
#define CI 0x002
#define SH 0x004
#define SPS_16K 0x008

/* EXPECT_HIT and EXPECT_MISS: a load at \ea through the DTLB. Clobber r0, r3. */
.macro EXPECT_HIT ea
    SET     r3, \ea
    bl      probe
    EXPECT_EQ r3, 1, "\ea is mapped"
.endm
.macro EXPECT_MISS ea
    SET     r3, \ea
    bl      probe
    EXPECT_EQ r3, 0, "\ea is mapped"
.endm
/* The same for the ITLB. */
.macro EXPECT_CODE_HIT ea
    SET     r3, \ea
    bl      probe_code
    EXPECT_EQ r3, 1, "code at \ea is mapped"
.endm
.macro EXPECT_CODE_MISS ea
    SET     r3, \ea
    bl      probe_code
    EXPECT_EQ r3, 0, "code at \ea is mapped"
.endm
.macro NORMAL_GROUPS
    SET_SPR SPR_MD_AP, 0x55555555
    SET_SPR SPR_MI_AP, 0x55555555
.endm
.macro DROP_AT ea
    SET     r3, \ea
    tlbie   r3
.endm

/* --- index --- */
.macro INDEX side, ctr, epn, rpn, keep
TEST "\side: the index steps down with each load and wraps to 31", "MPC801 UM 11.8.2; core-mmu.md 4.3"
    SET_SPR \ctr, \keep | 2 << 8
    SET_SPR \epn, EA
    SET_SPR \rpn, 0
    EXPECT_SPR \ctr, \keep | 1 << 8
    SET_SPR \rpn, 0
    EXPECT_SPR \ctr, \keep
    SET_SPR \rpn, 0
    EXPECT_SPR \ctr, \keep | 31 << 8
TEST "\side: with RSV4 it wraps to 27, an index written by software counts", "MPC801 UM 11.8.2 and 11.8.4; core-mmu.md 4.3"
    SET_SPR \ctr, \keep | CTR_RSV4
    SET_SPR \epn, EA
    SET_SPR \rpn, 0
    EXPECT_SPR \ctr, \keep | CTR_RSV4 | 27 << 8
    SET_SPR \ctr, \keep | CTR_RSV4 | 30 << 8
    EXPECT_SPR \ctr, \keep | CTR_RSV4 | 30 << 8
    SET_SPR \rpn, 0
    EXPECT_SPR \ctr, \keep | CTR_RSV4 | 27 << 8
.endm
    INDEX   ITLB, SPR_MI_CTR, SPR_MI_EPN, SPR_MI_RPN, 0
    INDEX   DTLB, SPR_MD_CTR, SPR_MD_EPN, SPR_MD_RPN, MD_CTR_TWAM

TEST "32 loads from index 31 down fill 32 entries", "MPC801 UM 11.8.2; core-mmu.md 4.3"
    NORMAL_GROUPS
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | 31 << 8
    SET_SPR SPR_MD_TWC, V
    SET     r4, EA | EPN_EV
    SET     r5, SCRATCH | RW_ALL
    li      r0, 32
    mtctr   r0
1:  mtspr   SPR_MD_EPN, r4
    mtspr   SPR_MD_RPN, r5
    addi    r4, r4, 0x1000
    bdnz    1b
    EXPECT_HIT EA
    EXPECT_HIT EA + 0x10000
    EXPECT_HIT EA + 0x1F000
    EXPECT_MISS EA + 0x20000
    mtspr   SPR_MD_EPN, r4          /* the 33rd goes where the first was */
    mtspr   SPR_MD_RPN, r5
    EXPECT_HIT EA + 0x20000
    EXPECT_MISS EA
    EXPECT_HIT EA + 0x1000

TEST "a miss does not move the index: it is at the victim already", "MPC801 UM 11.8.1; core-exceptions.md 3.9"
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | 5 << 8
    SET_SPR SPR_MI_CTR, 6 << 8
    EXPECT_MISS EA
    EXPECT_CODE_MISS EA
    EXPECT_SPR SPR_MD_CTR, MD_CTR_TWAM | 5 << 8
    EXPECT_SPR SPR_MI_CTR, 6 << 8

/* --- invalidation --- */
TEST "tlbia: all entries of both TLBs, indices to 0", "MPC801 UM 11.8.3; core-mmu.md 4.5"
    NORMAL_GROUPS
    DTLB_ENTRY 3, EA | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 30, EA | 0x1000 | EPN_EV, V, SCRATCH | RW_ALL
    ITLB_ENTRY 29, EA | EPN_EV, V, SCRATCH | RW_ALL
    tlbia
    EXPECT_SPR SPR_MD_CTR, MD_CTR_TWAM
    EXPECT_SPR SPR_MI_CTR, 0
    EXPECT_MISS EA
    EXPECT_MISS EA + 0x1000
    EXPECT_CODE_MISS EA

TEST "tlbia leaves entries 28 to 31 of a TLB whose RSV4 bit is set", "MPC801 UM 11.8.3; core-mmu.md 4.5"
    NORMAL_GROUPS
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_RSV4
    DTLB_ENTRY 27, EA | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 28, EA | 0x1000 | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 31, EA | 0x2000 | EPN_EV, V, SCRATCH | RW_ALL
    ITLB_ENTRY 28, EA | EPN_EV, V, SCRATCH | RW_ALL
    tlbia
    EXPECT_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_RSV4
    EXPECT_MISS EA
    EXPECT_HIT EA + 0x1000
    EXPECT_HIT EA + 0x2000
    EXPECT_CODE_MISS EA
    DROP_AT EA + 0x1000             /* tlbie does not care */
    EXPECT_MISS EA + 0x1000

TEST "tlbie: pages of every size, in both TLBs", "MPC801 UM 11.8.3; core-mmu.md 4.5"
    NORMAL_GROUPS
    DTLB_ENTRY 1, EA | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 2, EA | 0x4000 | EPN_EV, V, SCRATCH | RW_ALL | SPS_16K
    DTLB_ENTRY 3, EA | 0x80000 | EPN_EV, V | PS_512K, SCRATCH | RW_ALL
    DTLB_ENTRY 4, EA | 0x800000 | EPN_EV, V | PS_8M, SCRATCH | RW_ALL
    ITLB_ENTRY 4, EA | 0x800000 | EPN_EV, V | PS_8M, SCRATCH | RW_ALL
    DROP_AT EA + 0x1000             /* none of them */
    EXPECT_HIT EA
    EXPECT_HIT EA + 0x4000
    DROP_AT EA + 0xABC
    EXPECT_MISS EA
    EXPECT_HIT EA + 0x4000
    DROP_AT EA + 0x7ABC
    EXPECT_MISS EA + 0x4000
    EXPECT_HIT EA + 0x80000
    DROP_AT EA + 0xFFFFC
    EXPECT_MISS EA + 0x80000
    EXPECT_HIT EA + 0x800000
    EXPECT_CODE_HIT EA + 0x800000
    DROP_AT EA + 0x800000 + 0x654321
    EXPECT_MISS EA + 0x800000
    EXPECT_CODE_MISS EA + 0x800000

TEST "tlbie ignores ASID: entries of all address spaces go", "MPC801 UM 11.8.3; core-mmu.md 4.5"
    NORMAL_GROUPS
    DTLB_ENTRY 1, EA | EPN_EV | 1, V, SCRATCH | (RW_ALL & ~SH)
    DTLB_ENTRY 2, EA | EPN_EV | 2, V, SCRATCH | (RW_ALL & ~SH)
    SET_SPR SPR_M_CASID, 2
    EXPECT_HIT EA
    SET_SPR SPR_M_CASID, 7
    DROP_AT EA
    SET_SPR SPR_M_CASID, 1
    EXPECT_MISS EA
    SET_SPR SPR_M_CASID, 2
    EXPECT_MISS EA

TEST "tlbie compares 22 bits: a subpage that is not valid is not hit", "MPC823 UM 11.8.3"
    NORMAL_GROUPS
    DTLB_ENTRY 1, EA | EPN_EV, V, SCRATCH | 0x985
    DTLB_ENTRY 2, EA | EPN_EV, V, SCRATCH | 0x945
    DROP_AT EA + 0x800
    EXPECT_HIT EA
    DROP_AT EA + 0x400
    EXPECT_HIT EA
    EXPECT_MISS EA + 0x400

TEST "EV = 0 invalidates the entry that the index names, and no other", "MPC801 UM 11.8.3; core-mmu.md 4.5"
    NORMAL_GROUPS
    DTLB_ENTRY 1, EA | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 2, EA | 0x1000 | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 2, EA, V, SCRATCH | RW_ALL
    EXPECT_MISS EA + 0x1000
    EXPECT_HIT EA

TEST "tlbie, tlbia and tlbsync are the supervisor's", "core-exceptions.md 3.4"
    MAP_RAM
    RESUME_BEHIND_IT
    SET     r3, EA
    ENTER_USER
1:  tlbie   r3
    tlbia
    tlbsync
    LEAVE_USER
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, HARNESS_MSR | MSR_PR | 0x00040000
    EXPECT_VECTOR 0x700
    EXPECT_VECTOR 0x700
    tlbsync                         /* does nothing */

/* --- a new entry and those it overlaps --- */
TEST "a new entry drops those that it overlaps", "MPC801 UM 11.2; core-mmu.md 4.2"
    NORMAL_GROUPS
    DTLB_ENTRY 1, EA | 0x3000 | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 2, EA | 0x100000 | EPN_EV, V, SCRATCH | RW_ALL | SPS_16K
    DTLB_ENTRY 3, EA | 0x800000 | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 4, EA | EPN_EV, V | PS_8M, SCRATCH | RW_ALL
    EXPECT_HIT EA + 0x3000
    DROP_AT EA                      /* the big one; had the small ones stayed, they would show now */
    EXPECT_MISS EA + 0x100000
    EXPECT_MISS EA + 0x3000
    EXPECT_HIT EA + 0x800000

TEST "entries of two address spaces do not overlap, a shared one overlaps both", "MPC801 UM 11.2; core-mmu.md 4.2"
    NORMAL_GROUPS
    DTLB_ENTRY 1, EA | EPN_EV | 1, V, SCRATCH | (RW_ALL & ~SH)
    DTLB_ENTRY 2, EA | EPN_EV | 2, V, SCRATCH | (RW_ALL & ~SH)
    SET_SPR SPR_M_CASID, 1
    EXPECT_HIT EA
    DTLB_ENTRY 3, EA | EPN_EV | 3, V, SCRATCH | RW_ALL
    DTLB_ENTRY 3, EA, 0, 0          /* away again */
    EXPECT_MISS EA
    SET_SPR SPR_M_CASID, 2
    EXPECT_MISS EA

/* --- table pointers --- */
TEST "M_TWB and MD_TWC, 4 KB resolution", "MPC860 UM 9.7; core-mmu.md 2.6, 2.7"
    SET_SPR SPR_M_TWB, 0x00123FFF
    SET_SPR SPR_MD_EPN, 0xC0C45E00
    SET_SPR SPR_MD_TWC, 0x00345FFD - PS_8M
    EXPECT_SPR SPR_M_TWB, 0x00123000 | 0xC0C45E00 >> 22 << 2
    EXPECT_SPR SPR_MD_TWC, 0x00345000 | 0x045 << 2
TEST "M_TWB and MD_TWC, 1 KB resolution", "MPC860 UM 9.7; core-mmu.md 2.6, 2.7"
    SET_SPR SPR_MD_CTR, 0
    SET_SPR SPR_M_TWB, 0x00123FFF
    SET_SPR SPR_MD_EPN, 0xC0C45E00
    SET_SPR SPR_MD_TWC, 0x00345001
    EXPECT_SPR SPR_M_TWB, 0x00120000 | 0xC0C << 2
    SET_SPR SPR_MD_EPN, 0x00C45E00  /* bits 18 and 19 are the index's, not the base's */
    EXPECT_SPR SPR_M_TWB, 0x00120000 | 0x00C << 2
    EXPECT_SPR SPR_MD_TWC, 0x00345000 | 0x117 << 2
TEST "MD_TWC of an 8 MB page points to the table's first entry", "software-expectations.md, MMU"
    SET_SPR SPR_MD_EPN, 0xC0C45E00
    SET_SPR SPR_MD_TWC, 0x0034500D
    EXPECT_SPR SPR_MD_TWC, 0x00345000
TEST "the pointers come from MD_EPN also after an ITLB miss", "core-mmu.md 2.7"
    SET_SPR SPR_MD_EPN, 0x00C45200
    SET_SPR SPR_M_TWB, 0x00123000
    EXPECT_CODE_MISS EA
    EXPECT_SPR SPR_MI_EPN, EA | EPN_EV
    EXPECT_SPR SPR_MD_EPN, 0x00C45200
    EXPECT_SPR SPR_M_TWB, 0x00123000 | 3 << 2

/* --- reading entries back --- */
TEST "MI_CAM, MI_RAM0, MI_RAM1", "MPC860 UM 9.8, IMMU CAM and RAM entry read registers; core-mmu.md 2.10"
    ITLB_ENTRY 12, EA | 0x4000 | EPN_EV | 9, 3 << 5 | G | V, 0x00340000 | 0x0F1 | SPS_16K | CI
    SET_SPR SPR_MI_CTR, 12 << 8
    SET_SPR SPR_MI_CAM, 0
    EXPECT_SPR SPR_MI_CAM, EA | 0x4000 | 1 << 9 | 9 << 5 | 0xF
    EXPECT_SPR SPR_MI_RAM0, 0x00340000 | 6 << 9 | 1 << 8 | 12 << 4 | 0xF
    EXPECT_SPR SPR_MI_RAM1, 0 << 2 | 2 | 1
TEST "MD_CAM, MD_RAM0, MD_RAM1", "MPC860 UM 9.8, DMMU CAM and RAM entry read registers; core-mmu.md 2.10"
    DTLB_ENTRY 12, EA | EPN_EV | 9, 3 << 5 | PS_512K | WT | G | V, 0x00380000 | 0x5F1 | SH | CI
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | 12 << 8
    SET_SPR SPR_MD_CAM, 0
    EXPECT_SPR SPR_MD_CAM, EA | 0xF << 8 | 3 << 5 | 1 << 4 | 9
    EXPECT_SPR SPR_MD_RAM0, 0x00380000 | 3 << 9 | 12 << 5 | 1 << 4 | 1 << 3 | 1 << 2
    EXPECT_SPR SPR_MD_RAM1, 0x4000 | 0x2000 | 0xF << 9 | 0x100 | 0xAA
TEST "MD_RAM1 shows the rights of each subpage", "MPC860 UM 9.8, MD_RAM1; core-mmu.md 2.10"
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_PPM
    DTLB_ENTRY 12, EA | EPN_EV, V, SCRATCH | 0x1B5
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_PPM | 12 << 8
    SET_SPR SPR_MD_CAM, 0
    EXPECT_SPR SPR_MD_RAM1, 0x4000 | 0x2000 | 0x7 << 9 | 0x100 | 0x0B
TEST "the read registers hold what the last write to MD_CAM latched", "core-mmu.md 2.10"
    DTLB_ENTRY 12, EA | EPN_EV, V, SCRATCH | RW_ALL
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | 12 << 8
    SET_SPR SPR_MD_CAM, 0
    mfspr   r4, SPR_MD_CAM
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | 12 << 8
    SET_SPR SPR_MD_EPN, 0x20000200
    SET_SPR SPR_MD_RPN, 0
    SET_SPR SPR_MD_RAM0, 0xFFFFFFFF
    mfspr   r5, SPR_MD_CAM
    EXPECT_SAME r4, r5
    EXPECT_SPR SPR_MD_RAM0, SCRATCH | 15 << 5

/* --- rights of a page in use --- */
.macro FETCH_AT ea
    RESUME  9f
    SET_SPR SPR_SRR0, \ea
    SET_SPR SPR_SRR1, HARNESS_MSR | MSR_IR
    rfi
9:
.endm
.macro LOAD_FROM ea
    RESUME  9f
    SET     r3, \ea
    MSR_ON  MSR_DR
    lwz     r3, 0(r3)
    sc
9:
.endm
#define SUPERVISOR_ONLY 0x1F5       /* PP = 00 */
TEST "code: a new MI_AP, and a new mode, hold for a page that is in use", "core-mmu.md 3; MPC860 UM 9.8, MI_AP, MI_CTR"
    SET     r5, SCRATCH
    SET     r6, 0x44000002          /* sc */
    DATA_UNCACHED
    stw     r6, 0(r5)
    DATA_CACHED
    SET_SPR SPR_MI_AP, 0            /* all as the supervisor */
    ITLB_ENTRY 3, EA | EPN_EV, V, SCRATCH | SUPERVISOR_ONLY
    FETCH_AT EA
    EXPECT_VECTOR 0xC00
    SET_SPR SPR_MI_AP, 0xFFFFFFFF   /* all as the user */
    mfspr   r9, SPR_ICR             /* cleared by reading */
    FETCH_AT EA
    mfspr   r9, SPR_ICR
    EXPECT_VECTOR 0x1300
    EXPECT_EQ r9, 0x00001000        /* ITLBER */
    EXPECT_REG SRR1, HARNESS_MSR | MSR_IR | 0x08000000
    SET_SPR SPR_MI_AP, 0
    FETCH_AT EA
    EXPECT_VECTOR 0xC00
    SET_SPR SPR_MI_CTR, CTR_GPM     /* 00 is no access now */
    FETCH_AT EA
    EXPECT_VECTOR 0x1300
    SET_SPR SPR_MI_CTR, 0
    FETCH_AT EA
    EXPECT_VECTOR 0xC00
TEST "data: a new MD_AP, and a new mode, hold for a page that is in use", "core-mmu.md 3; MPC860 UM 9.8, MD_AP, MD_CTR"
    SET_SPR SPR_MD_AP, 0
    DTLB_ENTRY 3, EA | EPN_EV, V, SCRATCH | SUPERVISOR_ONLY
    LOAD_FROM EA
    EXPECT_VECTOR 0xC00
    SET_SPR SPR_MD_AP, 0xFFFFFFFF
    mfspr   r9, SPR_ICR
    LOAD_FROM EA
    mfspr   r9, SPR_ICR
    EXPECT_VECTOR 0x1400
    EXPECT_EQ r9, 0x00000400        /* DTLBER */
    EXPECT_REG DSISR, 0x08000000
    SET_SPR SPR_MD_AP, 0
    LOAD_FROM EA
    EXPECT_VECTOR 0xC00
    SET_SPR SPR_MD_CTR, CTR_GPM | MD_CTR_TWAM
    LOAD_FROM EA
    EXPECT_VECTOR 0x1400
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM
    LOAD_FROM EA
    EXPECT_VECTOR 0xC00
TEST "code: a new address space hides a page that is in use", "MPC860 UM 9.2; core-mmu.md 4.1"
    SET     r5, SCRATCH
    SET     r6, 0x44000002          /* sc */
    DATA_UNCACHED
    stw     r6, 0(r5)
    DATA_CACHED
    NORMAL_GROUPS
    SET_SPR SPR_M_CASID, 1
    ITLB_ENTRY 3, EA | EPN_EV | 1, V, SCRATCH | SUPERVISOR_ONLY & ~SH
    FETCH_AT EA
    EXPECT_VECTOR 0xC00
    SET_SPR SPR_M_CASID, 2
    FETCH_AT EA
    EXPECT_VECTOR 0x1100
    EXPECT_SPR SPR_MI_EPN, EA | EPN_EV | 2
    SET_SPR SPR_M_CASID, 1
    FETCH_AT EA
    EXPECT_VECTOR 0xC00
TEST "tlbie of the page that the code runs in: isync sees it", "MPC801 UM 11.8.3; PEM 2.3.1.7"
    SET     r5, SCRATCH
    SET     r6, 0x7C001A64          /* tlbie r3 */
    SET     r7, 0x4C00012C          /* isync */
    SET     r8, 0x44000002          /* sc */
    DATA_UNCACHED
    stw     r6, 0(r5)
    stw     r7, 4(r5)
    stw     r8, 8(r5)
    DATA_CACHED
    NORMAL_GROUPS
    ITLB_ENTRY 3, EA | EPN_EV, V, SCRATCH | SUPERVISOR_ONLY
    SET     r3, EA
    FETCH_AT EA
    EXPECT_VECTOR 0x1100
    EXPECT_REG SRR0, EA + 8

TEST "M_TW is 32 bits of storage; reserved bits of the others read 0", "core-mmu.md 2"
    SET     r4, 0xFFFFFFFF
    .irp spr, SPR_MI_CTR, SPR_MI_AP, SPR_MI_EPN, SPR_MI_TWC, SPR_MD_CTR, SPR_M_CASID, SPR_MD_AP, SPR_MD_EPN, SPR_M_TW
    mtspr   \spr, r4
    .endr
    EXPECT_SPR SPR_MI_CTR, 0xEA001F00
    EXPECT_SPR SPR_MI_AP, 0xFFFFFFFF
    EXPECT_SPR SPR_MI_EPN, 0xFFFFFE0F
    EXPECT_SPR SPR_MI_TWC, 0x000001FD
    EXPECT_SPR SPR_M_CASID, 0x0000000F
    EXPECT_SPR SPR_MD_AP, 0xFFFFFFFF
    EXPECT_SPR SPR_MD_EPN, 0xFFFFFE0F
    EXPECT_SPR SPR_M_TW, 0xFFFFFFFF
    mfspr   r5, SPR_MD_CTR
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM
    EXPECT_EQ r5, 0xFE001F00
    b       after_subroutines

/* r3 = 1 if a load at r3 finds an entry (and SCRATCH's page behind it), 0 after a miss. Clobbers r0. */
probe:
    RESUME  1f
    li      r0, HARNESS_MSR | MSR_DR
    mtmsr   r0
    isync
    lwz     r3, 0(r3)
    li      r0, HARNESS_MSR
    mtmsr   r0
    isync
    li      r3, 1
    blr
1:  li      r3, 0x1200
    b       2f
/* The same for a fetch. Whatever is in memory there: an exception other than the miss is a hit. */
probe_code:
    RESUME  1f
    mtspr   SPR_SRR0, r3
    li      r0, HARNESS_MSR | MSR_IR
    mtspr   SPR_SRR1, r0
    rfi
1:  li      r3, 0x1100
2:  lwz     r0, LOG_BASE + LOG_VECTOR(0)
    subf    r3, r0, r3              /* 0: the miss */
    cntlzw  r3, r3
    srwi    r3, r3, 5
    xori    r3, r3, 1
    li      r0, 0
    stw     r0, LOG_COUNT(0)
    stw     r0, LOG_TAKEN(0)
    blr
after_subroutines:
END_TESTS
