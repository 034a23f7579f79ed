/*
 * Vectors and start-up of the monitor. Every exception saves the whole user state and calls trap(frame), which may
 * change it; the CPU is in real mode at the vector (MPC860 UM, Exceptions), so translation comes back on before C runs:
 * the internal registers are cache-inhibited by their page alone.
 */
#define SRR0  26
#define SRR1  27
#define SPRG0 272
#define SPRG1 273
#define ICTRL 158
#define MSR_KERNEL 0x1032 /* ME, IR, DR, RI */

/* struct frame of kernel.c, behind the 8 bytes of a stack frame's header */
#define F(word)  (8 + 4 * (word))
#define FRAME_R2 F(2)
#define FRAME_SRR0 F(32)
#define FRAME_SRR1 F(33)
#define FRAME_LR F(34)
#define FRAME_CR F(35)
#define FRAME_CTR F(36)
#define FRAME_XER F(37)
#define FRAME_VECTOR F(38)
#define FRAME_SIZE 192

.macro VECTOR at
    .org    \at - 0x100
    mtspr   SPRG0, 1
    mtspr   SPRG1, 0
    li      0, \at
    b       trap_entry
.endm

    .section .vectors, "ax"
    VECTOR 0x100
    VECTOR 0x200
    VECTOR 0x300
    VECTOR 0x400
    VECTOR 0x500
    VECTOR 0x600
    VECTOR 0x700
    VECTOR 0x800
    VECTOR 0x900
    VECTOR 0xA00
    VECTOR 0xB00
    VECTOR 0xC00
    VECTOR 0xD00
    VECTOR 0xE00
    VECTOR 0xF00
    VECTOR 0x1000
    VECTOR 0x1100
    VECTOR 0x1200
    VECTOR 0x1300
    VECTOR 0x1400
    VECTOR 0x1C00
    VECTOR 0x1D00
    VECTOR 0x1E00
    VECTOR 0x1F00

    .text
trap_entry:
    lis     1, trap_stack_top@ha
    addi    1, 1, trap_stack_top@l
    stwu    1, -FRAME_SIZE(1)
    stmw    2, FRAME_R2(1)
    stw     0, FRAME_VECTOR(1)
    mfspr   3, SPRG1
    stw     3, F(0)(1)
    mfspr   3, SPRG0
    stw     3, F(1)(1)
    mfspr   3, SRR0
    stw     3, FRAME_SRR0(1)
    mfspr   3, SRR1
    stw     3, FRAME_SRR1(1)
    mflr    3
    stw     3, FRAME_LR(1)
    mfcr    3
    stw     3, FRAME_CR(1)
    mfctr   3
    stw     3, FRAME_CTR(1)
    mfxer   3
    stw     3, FRAME_XER(1)
    li      3, MSR_KERNEL
    mtmsr   3
    isync
    addi    3, 1, 8
    bl      trap
    lwz     3, FRAME_XER(1)
    mtxer   3
    lwz     3, FRAME_CTR(1)
    mtctr   3
    lwz     3, FRAME_CR(1)
    mtcr    3
    lwz     3, FRAME_LR(1)
    mtlr    3
    lwz     3, FRAME_SRR1(1)
    mtspr   SRR1, 3
    lwz     3, FRAME_SRR0(1)
    mtspr   SRR0, 3
    lmw     2, FRAME_R2(1)
    lwz     0, F(0)(1)
    lwz     1, F(1)(1)
    rfi

    .globl start
start:
    lis     1, stack_top@ha
    addi    1, 1, stack_top@l
    li      0, 0
    stwu    0, -16(1)
    li      4, 7                    /* ICTRL: not serialised */
    mtspr   ICTRL, 4
    isync
    lis     8, bss_start@ha
    addi    8, 8, bss_start@l
    lis     9, bss_end@ha
    addi    9, 9, bss_end@l
1:  cmplw   8, 9
    bge     2f
    stw     0, 0(8)
    addi    8, 8, 4
    b       1b
2:  mr      4, 6
    bl      kernel_main
    .globl stop
stop:
    b       stop

/* enter_user(entry, stack, msr) */
    .globl enter_user
enter_user:
    mtspr   SRR0, 3
    mtspr   SRR1, 5
    mr      1, 4
    li      3, 0
    rfi

    .section .bss
    .balign 16
    .space 16384
stack_top:
    .space 16384
trap_stack_top:
