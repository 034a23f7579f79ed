/*
 * What a TLB entry matches and where it leads: page sizes, valid bits and flags, address spaces, misses, the change bit, and
 * what each page says about the caches. Sections of core-mmu.md beside the manual's name for them.
 */
#include "check.h"
TESTS

#define EA 0x10000000
#define ONE 0x11111111
#define TWO 0x22222222
#define THREE 0x33333333
#define FOUR 0x44444444
#define CTR_GPM 0x80000000
#define CTR_PPM 0x40000000
#define CTR_PPCS 0x02000000
/* TWC */
#define V 0x001
#define WT 0x002
#define PS_512K 0x004
#define PS_8M 0x00C
#define G 0x010
/* RPN: for both states read and write, changed, all subpages valid, shared, valid */
#define RW_ALL 0x9F5
#define CI 0x002
#define SH 0x004
#define SPS_16K 0x008

/* r5 = word at \ea through the DTLB. Clobbers r0, r3. */
.macro LOAD_AT ea
    SET     r3, \ea
    bl      load_at
.endm
/* The word \value to \ea through the DTLB. Clobbers r0, r3, r5. */
.macro STORE_AT ea, value
    SET     r3, \ea
    SET     r5, \value
    bl      store_at
.endm
/* The same untranslated, written back to memory. Clobbers r0, r3. */
.macro PUT address, value
    SET     r3, \address
    SET     r0, \value
    stw     r0, 0(r3)
    dcbf    0, r3
    sync
.endm
.macro NORMAL_GROUPS
    SET_SPR SPR_MD_AP, 0x55555555
    SET_SPR SPR_MI_AP, 0x55555555
.endm

/* --- data pages of each size: both ends lead to the right place, the next address misses --- */
.macro DATA_PAGE name, size, twc, rpn
TEST "data page of \name", "MPC860 UM 9.3; core-mmu.md 4.1"
    NORMAL_GROUPS
    PUT     SCRATCH, ONE
    PUT     SCRATCH + ((\size - 4) & 0x7FFFC), TWO
    DTLB_ENTRY 7, EA | EPN_EV, V | \twc, SCRATCH | RW_ALL | \rpn
    LOAD_AT EA
    EXPECT_EQ r5, ONE
    LOAD_AT EA + ((\size - 4) & 0x7FFFC)
    EXPECT_EQ r5, TWO
    STORE_AT EA + ((\size - 4) & 0x7FFFC), THREE
    SET     r3, SCRATCH + ((\size - 4) & 0x7FFFC)
    lwz     r5, 0(r3)
    EXPECT_EQ r5, THREE
    RESUME  1f
    LOAD_AT EA + \size
    FAIL    "behind the page"
1:  RESUME  2f
    LOAD_AT EA - 4
    FAIL    "before the page"
2:  EXPECT_VECTOR 0x1200
    EXPECT_REG DAR, EA + \size
    EXPECT_VECTOR 0x1200
    EXPECT_REG DAR, EA - 4
.endm
    DATA_PAGE "4 KB", 0x1000, 0, 0
    DATA_PAGE "16 KB", 0x4000, 0, SPS_16K
    DATA_PAGE "512 KB", 0x80000, PS_512K, 0

TEST "data page of 8 MB", "MPC860 UM 9.3; core-mmu.md 4.1"
    NORMAL_GROUPS
    PUT     SCRATCH, ONE
    PUT     SCRATCH + 0x000FFFFC, TWO
    DTLB_ENTRY 7, EA | EPN_EV, V | PS_8M, RW_ALL
    LOAD_AT EA + SCRATCH
    EXPECT_EQ r5, ONE
    LOAD_AT EA + SCRATCH + 0x000FFFFC
    EXPECT_EQ r5, TWO
    RESUME  1f
    LOAD_AT EA + 0x00800000
    FAIL    "behind the page"
1:  EXPECT_VECTOR 0x1200
    EXPECT_REG DAR, EA + 0x00800000

TEST "RPN bits below the page do not count", "MPC860 UM 9.3; core-mmu.md 4.1"
    NORMAL_GROUPS
    PUT     SCRATCH, ONE
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | 0x3000 | RW_ALL | SPS_16K
    LOAD_AT EA
    EXPECT_EQ r5, ONE
    DTLB_ENTRY 7, EA | EPN_EV, V | PS_512K, SCRATCH | 0x7F000 | RW_ALL
    LOAD_AT EA
    EXPECT_EQ r5, ONE
    DTLB_ENTRY 7, EA | EPN_EV, V | PS_8M, 0x7FF000 | RW_ALL
    LOAD_AT EA + SCRATCH
    EXPECT_EQ r5, ONE

TEST "EPN bits below the page do not count", "MPC860 UM 9.3; core-mmu.md 4.1"
    NORMAL_GROUPS
    PUT     SCRATCH, ONE
    DTLB_ENTRY 7, EA | 0x7FFC00 | EPN_EV, V | PS_8M, RW_ALL
    LOAD_AT EA + SCRATCH
    EXPECT_EQ r5, ONE

/* --- code pages: an sc at both ends says that the fetch went there --- */
.macro CODE_PAGE name, size, twc, rpn
TEST "code page of \name", "MPC860 UM 9.3; core-mmu.md 4.1"
    NORMAL_GROUPS
    PUT     SCRATCH, 0x44000002
    PUT     SCRATCH + ((\size - 4) & 0x7FFFC), 0x44000002
    SET     r3, SCRATCH
    icbi    0, r3
    SET     r3, SCRATCH + ((\size - 4) & 0x7FFFC)
    icbi    0, r3
    isync
    ITLB_ENTRY 7, EA | EPN_EV, V | \twc, SCRATCH | RW_ALL | \rpn
    RESUME  1f
    SET     r3, EA
    b       go_to
1:  RESUME  2f
    SET     r3, EA + ((\size - 4) & 0x7FFFC)
    b       go_to
2:  RESUME  3f
    SET     r3, EA + \size
    b       go_to
3:  EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, EA + 4
    EXPECT_REG SRR1, HARNESS_MSR | MSR_IR
    EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, EA + ((\size - 4) & 0x7FFFC) + 4
    EXPECT_VECTOR 0x1100
    EXPECT_REG SRR0, EA + \size
    EXPECT_REG SRR1, HARNESS_MSR | MSR_IR | 0x08200000
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED
    EXPECT_SPR SPR_MI_EPN, EA + \size + EPN_EV
.endm
    CODE_PAGE "4 KB", 0x1000, 0, 0
    CODE_PAGE "16 KB", 0x4000, 0, SPS_16K
    CODE_PAGE "512 KB", 0x80000, PS_512K, 0

TEST "code page of 8 MB", "MPC860 UM 9.3; core-mmu.md 4.1"
    NORMAL_GROUPS
    PUT     SCRATCH + 0x00080000, 0x44000002
    icbi    0, r3
    isync
    ITLB_ENTRY 7, EA | EPN_EV, V | PS_8M, RW_ALL
    RESUME  1f
    SET     r3, EA + SCRATCH + 0x00080000
    b       go_to
1:  EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, EA + SCRATCH + 0x00080004

/* --- misses and errors --- */
TEST "DTLB miss: what it leaves", "MPC860 UM 7.1.3.3; core-exceptions.md 3.10"
    SET_SPR SPR_M_CASID, 5
    RESUME  1f
    LOAD_AT EA + 0x4568
1:  EXPECT_VECTOR 0x1200
    EXPECT_REG SRR0, load_instruction
    EXPECT_REG SRR1, HARNESS_MSR | MSR_DR
    EXPECT_REG MSR, MSR_ME
    EXPECT_REG DSISR, DSISR_BEFORE
    EXPECT_REG DAR, EA + 0x4568
    EXPECT_SPR SPR_MD_EPN, EA | 0x4000 | EPN_EV | 5

TEST "V = 0 in the level-one or level-two descriptor is an error, not a miss", "MPC860 UM 7.1.3.5; core-exceptions.md 3.12"
    NORMAL_GROUPS
    DTLB_ENTRY 7, EA | EPN_EV, 0, SCRATCH | RW_ALL
    RESUME  1f
    LOAD_AT EA + 8
1:  DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | (RW_ALL & ~1)
    RESUME  2f
    STORE_AT EA + 8, ONE
2:  EXPECT_VECTOR 0x1400
    EXPECT_REG DSISR, 0x40000000
    EXPECT_REG DAR, EA + 8
    EXPECT_REG SRR0, load_instruction
    EXPECT_REG SRR1, HARNESS_MSR | MSR_DR
    EXPECT_VECTOR 0x1400
    EXPECT_REG DSISR, 0x42000000
    EXPECT_REG SRR0, store_instruction

TEST "V = 0 and fetch: SRR1 bit 1", "MPC860 UM 7.1.3.4; core-exceptions.md 3.11"
    NORMAL_GROUPS
    ITLB_ENTRY 7, EA | EPN_EV, 0, SCRATCH | RW_ALL
    RESUME  1f
    SET     r3, EA + 8
    b       go_to
1:  ITLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | (RW_ALL & ~1)
    RESUME  2f
    SET     r3, EA + 8
    b       go_to
2:  EXPECT_VECTOR 0x1300
    EXPECT_REG SRR1, HARNESS_MSR | MSR_IR | 0x40000000
    EXPECT_REG SRR0, EA + 8
    EXPECT_DATA_STATUS_UNCHANGED
    EXPECT_VECTOR 0x1300
    EXPECT_REG SRR1, HARNESS_MSR | MSR_IR | 0x40000000

TEST "fetch from a guarded page: SRR1 bit 3; data of it are accessible", "MPC860 UM 7.1.3.4; core-exceptions.md 3.11"
    NORMAL_GROUPS
    PUT     SCRATCH + 8, ONE
    ITLB_ENTRY 7, EA | EPN_EV, V | G, SCRATCH | RW_ALL
    DTLB_ENTRY 7, EA | EPN_EV, V | G, SCRATCH | RW_ALL
    LOAD_AT EA + 8
    EXPECT_EQ r5, ONE
    STORE_AT EA + 8, TWO
    RESUME  1f
    SET     r3, EA + 8
    b       go_to
1:  EXPECT_VECTOR 0x1300
    EXPECT_REG SRR1, HARNESS_MSR | MSR_IR | 0x10000000
    EXPECT_REG SRR0, EA + 8

TEST "a fetch that runs into the next page misses there", "core-exceptions.md 3.9"
    NORMAL_GROUPS
    PUT     SCRATCH + 0xFFC, 0x60000000
    icbi    0, r3
    isync
    ITLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | RW_ALL
    RESUME  1f
    SET     r3, EA + 0xFFC
    b       go_to
1:  EXPECT_VECTOR 0x1100
    EXPECT_REG SRR0, EA + 0x1000

/* --- the change bit --- */
TEST "store with C = 0: an error, and the entry is gone", "MPC801 UM 11.4.1; core-exceptions.md 3.12"
    NORMAL_GROUPS
    PUT     SCRATCH + 8, ONE
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | (RW_ALL & ~0x100)
    LOAD_AT EA + 8
    EXPECT_EQ r5, ONE
    RESUME  1f
    STORE_AT EA + 8, TWO
    FAIL    "behind the store"
1:  EXPECT_VECTOR 0x1400
    EXPECT_REG DSISR, 0x0A000000
    EXPECT_REG DAR, EA + 8
    EXPECT_WORD SCRATCH + 8, ONE
    RESUME  2f
    LOAD_AT EA + 8
2:  EXPECT_VECTOR 0x1200

TEST "no C bit with 1 KB subpages", "core-mmu.md 3.2"
    NORMAL_GROUPS
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_PPM
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | 0xAA5
    STORE_AT EA + 8, TWO
    EXPECT_WORD SCRATCH + 8, TWO

TEST "C = 0 does not trouble fetches", "core-mmu.md 3.1"
    NORMAL_GROUPS
    PUT     SCRATCH + 8, 0x44000002
    icbi    0, r3
    isync
    ITLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | (RW_ALL & ~0x100)
    RESUME  1f
    SET     r3, EA + 8
    b       go_to
1:  EXPECT_VECTOR 0xC00

/* --- match: subpages, privilege state, address spaces --- */
TEST "subpage valid flags: four 1 KB pages in four entries", "MPC885 RM 8.5; core-mmu.md 4.1"
    NORMAL_GROUPS
    PUT     SCRATCH + 0x0010, ONE
    PUT     SCRATCH + 0x1410, TWO
    PUT     SCRATCH + 0x2810, THREE
    PUT     SCRATCH + 0x3C10, FOUR
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | 0x985
    DTLB_ENTRY 8, EA | EPN_EV, V, SCRATCH | 0x1945
    DTLB_ENTRY 9, EA | EPN_EV, V, SCRATCH | 0x2925
    DTLB_ENTRY 10, EA | EPN_EV, V, SCRATCH | 0x3915
    LOAD_AT EA + 0x010
    EXPECT_EQ r5, ONE
    LOAD_AT EA + 0x410
    EXPECT_EQ r5, TWO
    LOAD_AT EA + 0x810
    EXPECT_EQ r5, THREE
    LOAD_AT EA + 0xC10
    EXPECT_EQ r5, FOUR

TEST "a subpage that is not valid misses", "core-mmu.md 4.1"
    NORMAL_GROUPS
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | 0x9B5
    LOAD_AT EA + 0x3FC
    RESUME  1f
    LOAD_AT EA + 0x400
1:  LOAD_AT EA + 0x800
    EXPECT_VECTOR 0x1200
    EXPECT_REG DAR, EA + 0x400

TEST "PPCS: an entry for the supervisor and one for the user live side by side", "MPC801 UM table 11-5; core-mmu.md 3.1"
    NORMAL_GROUPS
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_PPCS
    PUT     SCRATCH + 0x0010, ONE
    PUT     SCRATCH + 0x1010, TWO
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | 0x985
    DTLB_ENTRY 8, EA | EPN_EV, V, SCRATCH | 0x1945
    LOAD_AT EA + 0x010
    EXPECT_EQ r5, ONE
    SET     r3, EA + 0x010
    li      r0, HARNESS_MSR | MSR_DR
    ori     r0, r0, MSR_PR
    mtmsr   r0
    isync
    lwz     r5, 0(r3)
    LEAVE_USER
    EXPECT_EQ r5, TWO

TEST "PPCS: an entry for the user only misses in supervisor state", "MPC801 UM table 11-5; core-mmu.md 3.1"
    NORMAL_GROUPS
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_PPCS
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | 0x945
    RESUME  1f
    LOAD_AT EA + 0x010
1:  EXPECT_VECTOR 0x1200

TEST "ASID: an entry belongs to one address space unless SH is set", "MPC860 UM 9.2; core-mmu.md 4.1"
    NORMAL_GROUPS
    PUT     SCRATCH, ONE
    PUT     SCRATCH + 0x1000, TWO
    PUT     SCRATCH + 0x2000, THREE
    DTLB_ENTRY 7, EA | EPN_EV | 3, V, SCRATCH | (RW_ALL & ~SH)
    DTLB_ENTRY 8, EA | EPN_EV | 12, V, SCRATCH | 0x1000 | (RW_ALL & ~SH)
    DTLB_ENTRY 9, EA | 0x1000 | EPN_EV | 9, V, SCRATCH | 0x2000 | RW_ALL
    SET_SPR SPR_M_CASID, 3
    LOAD_AT EA
    EXPECT_EQ r5, ONE
    SET_SPR SPR_M_CASID, 12
    LOAD_AT EA
    EXPECT_EQ r5, TWO
    LOAD_AT EA + 0x1000
    EXPECT_EQ r5, THREE
    SET_SPR SPR_M_CASID, 0
    RESUME  1f
    LOAD_AT EA
1:  EXPECT_VECTOR 0x1200
    EXPECT_SPR SPR_MD_EPN, EA | EPN_EV

/* --- memory attributes --- */
TEST "CI: loads and stores go past the data cache", "MPC860 UM 9.5; core-mmu.md 2.8"
    NORMAL_GROUPS
    PUT     SCRATCH, ONE
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | RW_ALL | CI
    DTLB_ENTRY 8, EA | 0x1000 | EPN_EV, V, SCRATCH | RW_ALL
    bl      cache_mode
    cmpwi   r8, 0
    beq     1f                      /* no data cache */
    STORE_AT EA + 0x1000, TWO       /* stays in the cache */
    LOAD_AT EA
    EXPECT_EQ r5, ONE
    STORE_AT EA, THREE
    LOAD_AT EA + 0x1000
    EXPECT_EQ r5, TWO
    b       2f
1:  STORE_AT EA, TWO
    EXPECT_WORD SCRATCH, TWO
2:

TEST "WT: stores reach memory and the line", "MPC860 UM 9.5; core-mmu.md 2.6"
    NORMAL_GROUPS
    PUT     SCRATCH, ONE
    DTLB_ENTRY 7, EA | EPN_EV, V | WT, SCRATCH | RW_ALL
    DTLB_ENTRY 8, EA | 0x1000 | EPN_EV, V, SCRATCH | RW_ALL | CI
    LOAD_AT EA                      /* the line is there */
    STORE_AT EA, TWO
    LOAD_AT EA + 0x1000
    EXPECT_EQ r5, TWO, "memory"
    LOAD_AT EA
    EXPECT_EQ r5, TWO, "the cache"

TEST "CIDEF: untranslated data go past the cache", "MPC860 UM 9.8, MD_CTR; core-mmu.md 4.6"
    bl      cache_mode
    cmpwi   r8, 0
    beq     1f
    SET     r4, SCRATCH
    SET     r5, ONE
    SET     r6, TWO
    stw     r5, 0(r4)
    dcbf    0, r4
    stw     r6, 0(r4)               /* stays in the cache */
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_CIDEF
    lwz     r7, 0(r4)
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM
    lwz     r9, 0(r4)
    EXPECT_EQ r7, ONE
    EXPECT_EQ r9, TWO
1:  EXPECT_NO_EXCEPTION

TEST "WTDEF: untranslated stores reach memory", "MPC860 UM 9.8, MD_CTR; core-mmu.md 4.6"
    SET     r4, SCRATCH
    SET     r5, ONE
    SET     r6, TWO
    stw     r5, 0(r4)
    dcbf    0, r4
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_WTDEF
    stw     r6, 0(r4)
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_CIDEF
    lwz     r7, 0(r4)
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM
    EXPECT_EQ r7, TWO

TEST "an inhibited code page is fetched past the instruction cache", "MPC860 UM 9.5; core-mmu.md 2.8"
    NORMAL_GROUPS
    PUT     SCRATCH + 8, 0x44000002
    icbi    0, r3
    isync
    ITLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | RW_ALL
    RESUME  1f
    SET     r3, EA + 8              /* the sc gets into the cache, if that is on */
    b       go_to
1:  PUT     SCRATCH + 8, 0x7FE00008 /* a trap in memory only */
    ITLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | RW_ALL | CI
    RESUME  2f
    SET     r3, EA + 8
    b       go_to
2:  EXPECT_VECTOR 0xC00
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, EA + 8

TEST "translation of one side only", "core-exceptions.md 2; MPC860 UM, MSR"
    NORMAL_GROUPS
    PUT     SCRATCH, ONE
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | RW_ALL
    LOAD_AT EA                      /* IR = 0: the code around is not mapped */
    EXPECT_EQ r5, ONE
    MAP_RAM
    PUT     SCRATCH, TWO
    MSR_ON  MSR_IR
    SET     r3, SCRATCH             /* DR = 0 */
    lwz     r5, 0(r3)
    EXPECT_EQ r5, TWO
    b       after_subroutines

load_at:
    li      r0, HARNESS_MSR | MSR_DR
    mtmsr   r0
    isync
load_instruction:
    lwz     r5, 0(r3)
    li      r0, HARNESS_MSR
    mtmsr   r0
    isync
    blr
store_at:
    li      r0, HARNESS_MSR | MSR_DR
    mtmsr   r0
    isync
store_instruction:
    stw     r5, 0(r3)
    li      r0, HARNESS_MSR
    mtmsr   r0
    isync
    blr
/* To r3 with instruction translation. Clobbers r0. */
go_to:
    mtspr   SPR_SRR0, r3
    li      r0, HARNESS_MSR | MSR_IR
    mtspr   SPR_SRR1, r0
    rfi
/* r8 = 0 if the data cache is off in this run. */
cache_mode:
    lwz     r8, CACHES_WANTED(0)
    rlwinm  r8, r8, 0, 30, 30
    blr
after_subroutines:
    li      r0, HARNESS_MSR
    mtmsr   r0
    isync
END_TESTS
