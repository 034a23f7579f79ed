/*
 * Translation the way an operating system does it: two-level tables, reload handlers that use the hardware's table-walk
 * assistance (MPC860 UM 9.7; core-mmu.md 5), a change bit and pages on demand by the error handler. More pages than the TLBs
 * hold. Code and data of these tests run translated throughout.
 */
#include "check.h"
TESTS

#define CTR_PPM 0x40000000
#define V 0x001
#define PS_512K 0x004
#define PS_8M 0x00C
#define PAGES_EA 0x30000000
#define PAGES 64
#define SUBPAGES_EA 0x50000000

/* In SCRATCH */
#define LEVEL_ONE (SCRATCH + 0x10000)       /* 4 KB, or 16 KB with TWAM = 0 */
#define RAM_TABLE (SCRATCH + 0x14000)       /* level two of the 8 MB of RAM: one descriptor for 8 MB */
#define PAGES_TABLE (SCRATCH + 0x15000)     /* level two of PAGES_EA */
#define LARGE_TABLE (SCRATCH + 0x16000)     /* level two of the 512 KB page */
#define MISSES (SCRATCH + 0x17000)          /* words: DTLB misses, ITLB misses, DTLB errors */
#define FRAMES (SCRATCH + 0x40000)          /* 64 pages */
#define LARGE (SCRATCH + 0x80000)

/* Page n lies in frame (37n + 11) mod 64 */
.macro FRAME_OF to, page
    mulli   \to, \page, 37
    addi    \to, \to, 11
    clrlwi  \to, \to, 26
.endm
.macro HANDLERS
    ON_VECTOR 0x1200, dtlb_miss
    ON_VECTOR 0x1100, itlb_miss
    ON_VECTOR 0x1400, dtlb_error
    SET_SPR SPR_MD_AP, 0x55555555
    SET_SPR SPR_MI_AP, 0x55555555
    SET_SPR SPR_M_TWB, LEVEL_ONE
.endm
.macro TRANSLATED
    SET_MSR HARNESS_MSR | MSR_IR | MSR_DR
.endm
.macro UNTRANSLATED
    SET_MSR HARNESS_MSR
.endm

TEST "64 pages of 4 KB: all are written, and read back in another order", "MPC860 UM 9.7; core-mmu.md 5"
    bl      make_tables
    HANDLERS
    TRANSLATED
    li      r14, 0                  /* page n gets n × 0x01010101 at n × 4 and 0xFF8 */
1:  mulli   r15, r14, 0x101
    slwi    r16, r15, 16
    or      r15, r15, r16
    bl      address_of
    stw     r15, 0(r17)
    rlwinm  r17, r17, 0, 0, 19
    stw     r15, 0xFF8(r17)
    addi    r14, r14, 1
    cmplwi  r14, PAGES
    blt     1b
    li      r14, 0                  /* steps of 23: every reload is of another page */
    li      r18, 0
2:  bl      address_of
    lwz     r15, 0(r17)
    rlwinm  r17, r17, 0, 0, 19
    lwz     r16, 0xFF8(r17)
    EXPECT_SAME r15, r16
    mulli   r16, r14, 0x101
    slwi    r17, r16, 16
    or      r16, r16, r17
    EXPECT_SAME r15, r16
    addi    r14, r14, 23
    clrlwi  r14, r14, 26
    addi    r18, r18, 1
    cmplwi  r18, PAGES
    blt     2b
    UNTRANSLATED
    li      r14, 0                  /* each page is where its descriptor says */
3:  FRAME_OF r15, r14
    slwi    r15, r15, 12
    addis   r15, r15, FRAMES >> 16
    lwz     r15, 0xFF8(r15)
    mulli   r16, r14, 0x101
    slwi    r17, r16, 16
    or      r16, r16, r17
    EXPECT_SAME r15, r16
    addi    r14, r14, 1
    cmplwi  r14, PAGES
    blt     3b
    SET     r3, MISSES
    lwz     r4, 8(r3)
    EXPECT_EQ r4, PAGES, "stores to unchanged pages"
    lwz     r4, 0(r3)               /* each page before and after its error; then those that are not there any more */
    cmplwi  r4, 2 * PAGES + (PAGES - 32)
    bge     4f
    FAIL    "fewer DTLB misses than pages reloaded"
4:  lwz     r4, 4(r3)
    EXPECT_EQ r4, 1, "ITLB misses"

TEST "the change bit is in the descriptors of written pages only", "MPC801 UM 11.4.1; core-mmu.md 5"
    bl      make_tables
    HANDLERS
    TRANSLATED
    SET     r3, PAGES_EA
    lwz     r4, 0(r3)
    stw     r4, 0x5004(r3)
    lwz     r4, 0x6000(r3)
    UNTRANSLATED
    SET     r3, PAGES_TABLE
    lwz     r4, 0(r3)
    rlwinm  r4, r4, 0, 23, 23
    EXPECT_EQ r4, 0
    lwz     r4, 5 * 4(r3)
    rlwinm  r4, r4, 0, 23, 23
    EXPECT_EQ r4, 0x100
    lwz     r4, 6 * 4(r3)
    rlwinm  r4, r4, 0, 23, 23
    EXPECT_EQ r4, 0

TEST "a page that is not there is put there by the error handler", "core-mmu.md 5, 4.5"
    bl      make_tables
    SET     r3, PAGES_TABLE
    lwz     r4, 9 * 4(r3)
    rlwinm  r4, r4, 0, 0, 30        /* V = 0 */
    stw     r4, 9 * 4(r3)
    HANDLERS
    TRANSLATED
    SET     r3, PAGES_EA
    SET     r5, 0x600DF00D
    stw     r5, 0x7FFC(r3)
    addi    r3, r3, 0x4000
    addi    r3, r3, 0x5000
    stw     r5, 0x10(r3)
    lwz     r6, 0x10(r3)
    UNTRANSLATED
    EXPECT_SAME r6, r5
    SET     r3, MISSES
    lwz     r4, 8(r3)
    EXPECT_EQ r4, 3, "DTLB errors: two for C, one for V"

TEST "a 512 KB page among them", "core-mmu.md 2.6, 5"
    bl      make_tables
    HANDLERS
    SET     r3, LARGE + 0x7FFFC
    SET     r5, 0x01A46E00
    stw     r5, 0(r3)
    TRANSLATED
    SET     r3, 0x40180000 + 0x7FFFC
    lwz     r6, 0(r3)
    SET     r3, 0x40180000
    stw     r6, 0x20(r3)
    UNTRANSLATED
    EXPECT_EQ r6, 0x01A46E00
    EXPECT_WORD LARGE + 0x20, 0x01A46E00
    SET     r3, MISSES
    lwz     r4, 0(r3)
    EXPECT_EQ r4, 1, "DTLB misses"

TEST "TWAM = 0: a level-two descriptor for each 1 KB, subpages in four places", "MPC860 UM 9.7; MPC885 RM 8.5; core-mmu.md 2.6, 2.7"
    bl      make_tables_1k
    HANDLERS
    SET_SPR SPR_MD_CTR, 0
    TRANSLATED
    li      r14, 0                  /* 8 pages with four descriptors each */
1:  slwi    r15, r14, 10
    addis   r15, r15, SUBPAGES_EA >> 16
    addi    r16, r14, 0x700
    stw     r16, 0x3FC(r15)
    addi    r14, r14, 1
    cmplwi  r14, 32
    blt     1b
    UNTRANSLATED
    li      r14, 0
2:  FRAME_OF r15, r14               /* its 1 KB of that frame */
    slwi    r15, r15, 12
    rlwimi  r15, r14, 10, 20, 21
    addis   r15, r15, FRAMES >> 16
    lwz     r15, 0x3FC(r15)
    addi    r16, r14, 0x700
    EXPECT_SAME r15, r16
    addi    r14, r14, 1
    cmplwi  r14, 32
    blt     2b
    SET     r3, MISSES
    lwz     r4, 0(r3)
    EXPECT_EQ r4, 32, "DTLB misses: each subpage once"
    b       after_subroutines

/* r17 = address of word n (r14) in page n */
address_of:
    slwi    r17, r14, 12
    addis   r17, r17, PAGES_EA >> 16
    slwi    r16, r14, 2
    add     r17, r17, r16
    mulli   r16, r14, 0x101
    blr

clear_tables:
    SET     r3, LEVEL_ONE - 4
    li      r0, 0x8000 / 4
    mtctr   r0
    li      r0, 0
1:  stwu    r0, 4(r3)
    bdnz    1b
    /* the one descriptor of RAM */
    SET     r3, RAM_TABLE
    li      r0, 0x9FD
    stw     r0, 0(r3)
    blr

make_tables:
    mflr    r9
    bl      clear_tables
    SET     r3, LEVEL_ONE
    SET     r4, RAM_TABLE | PS_8M | V
    stw     r4, 0(r3)               /* 8 MB: two identical descriptors */
    stw     r4, 4(r3)
    SET     r4, PAGES_TABLE | V
    stw     r4, (PAGES_EA >> 22 << 2)(r3)
    SET     r4, LARGE_TABLE | PS_512K | V
    stw     r4, (0x40000000 >> 22 << 2)(r3)
    li      r5, 0
    SET     r3, PAGES_TABLE - 4
1:  FRAME_OF r4, r5
    slwi    r4, r4, 12
    addis   r4, r4, FRAMES >> 16
    ori     r4, r4, 0x8F5           /* C = 0 */
    stwu    r4, 4(r3)
    addi    r5, r5, 1
    cmplwi  r5, PAGES
    blt     1b
    SET     r3, LARGE_TABLE + (0x180000 >> 12 << 2) - 4
    SET     r4, LARGE | 0x9F5
    li      r0, 128                 /* 512 KB: 128 identical descriptors */
    mtctr   r0
2:  stwu    r4, 4(r3)
    bdnz    2b
    mtlr    r9
    blr

/* For TWAM = 0: a level-one descriptor for each 1 MB, a level-two descriptor for each 1 KB */
make_tables_1k:
    mflr    r9
    bl      clear_tables
    SET     r3, LEVEL_ONE - 4
    SET     r4, RAM_TABLE | PS_8M | V
    li      r0, 8                   /* 8 MB: eight identical descriptors */
    mtctr   r0
1:  stwu    r4, 4(r3)
    bdnz    1b
    SET     r3, LEVEL_ONE
    SET     r4, PAGES_TABLE | V
    stw     r4, (SUBPAGES_EA >> 20 << 2)(r3)
    li      r5, 0
    SET     r3, PAGES_TABLE - 4
2:  FRAME_OF r4, r5
    slwi    r4, r4, 12
    addis   r4, r4, FRAMES >> 16
    clrlwi  r6, r5, 30              /* only the subpage's own flag */
    li      r7, 0x80
    srw     r7, r7, r6
    or      r4, r4, r7
    ori     r4, r4, 0x905
    stwu    r4, 4(r3)
    addi    r5, r5, 1
    cmplwi  r5, 32
    blt     2b
    mtlr    r9
    blr

/* --- the handlers: nothing but SPRG2, SPRG3 and M_TW to save registers in --- */
dtlb_miss:
    mtspr   SPR_M_TW, r10
    mtspr   SPR_SPRG2, r11
    mfspr   r10, SPR_M_TWB
    lwz     r11, 0(r10)
    mtspr   SPR_MD_TWC, r11
    mfspr   r10, SPR_MD_TWC
    lwz     r11, 0(r10)
    mtspr   SPR_MD_RPN, r11
    li      r10, 0
    b       count

itlb_miss:
    mtspr   SPR_M_TW, r10
    mtspr   SPR_SPRG2, r11
    mfspr   r10, SPR_SRR0
    mtspr   SPR_MD_EPN, r10         /* the pointers come from there */
    mfspr   r10, SPR_M_TWB
    lwz     r11, 0(r10)
    mtspr   SPR_MI_TWC, r11
    mtspr   SPR_MD_TWC, r11
    mfspr   r10, SPR_MD_TWC
    lwz     r11, 0(r10)
    mtspr   SPR_MI_RPN, r11
    li      r10, 4
    b       count

/* Not valid: now it is. Not changed: now it is. The next try misses and reloads. */
dtlb_error:
    mtspr   SPR_M_TW, r10
    mtspr   SPR_SPRG2, r11
    mtspr   SPR_SPRG3, r12
    mfcr    r12
    mfspr   r10, SPR_DAR
    tlbie   r10                     /* a valid entry with V = 0 would stay */
    mtspr   SPR_MD_EPN, r10
    mfspr   r10, SPR_M_TWB
    lwz     r11, 0(r10)
    mtspr   SPR_MD_TWC, r11
    mfspr   r10, SPR_MD_TWC
    lwz     r11, 0(r10)
    andi.   r11, r11, V
    lwz     r11, 0(r10)
    bne     1f
    ori     r11, r11, V
    b       2f
1:  ori     r11, r11, 0x100
2:  stw     r11, 0(r10)
    mtcrf   0xFF, r12
    mfspr   r12, SPR_SPRG3
    li      r10, 8

/* Counts at MISSES + r10; the harness's log has no room for all of them. */
count:
    addis   r10, r10, MISSES@ha
    lwz     r11, MISSES@l(r10)
    addi    r11, r11, 1
    stw     r11, MISSES@l(r10)
    li      r11, 0
    stw     r11, LOG_COUNT(0)
    mfspr   r11, SPR_SPRG2
    mfspr   r10, SPR_M_TW
    rfi
after_subroutines:
    UNTRANSLATED
END_TESTS
