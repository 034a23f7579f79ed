/*
 * Start-up of the bare-metal programs (hello, mix, wild): real mode as the loader leaves it, to C.
 * r3 board information block, r6 and r7 the command line. No vectors are installed.
 */
    .section .entry, "ax"
    .globl start
start:
    lis     1, stack_top@ha
    addi    1, 1, stack_top@l
    li      0, 0
    stwu    0, -16(1)
    li      4, 7                    /* ICTRL: not serialised, or every instruction pays for it */
    mtspr   158, 4
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
    bl      bare_main
    .globl stop
stop:
    b       stop

    .section .bss
    .balign 16
    .space 16384
stack_top:
