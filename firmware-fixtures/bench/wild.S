/*
 * Guests that run wild, one per WILD_* symbol: what the host must survive and report.
 * Loaded like every image: real mode, ME and RI set, no vectors in memory.
 */
    .section .entry, "ax"
    .globl start
start:
    lis     1, 0x20
    lis     31, 0xFF00              /* IMMR */
    mr      30, 1

#if defined(WILD_NOWHERE)           /* a branch to where no chip select answers */
    lis     3, 0x3000
    mtctr   3
    bctr

#elif defined(WILD_ILLEGAL)         /* illegal code, and illegal code at its vector */
    li      4, 0
    stw     4, 0x700(0)
    .long   0

#elif defined(WILD_EXCEPTIONS)      /* every vector holds a system call: exceptions without end */
    lis     4, 0x4400
    ori     4, 4, 2
    li      5, 0x100
1:  stw     4, 0(5)
    addi    5, 5, 4
    cmplwi  5, 0x2000
    blt     1b
    sync
    sc

#elif defined(WILD_CHECKSTOP)       /* a machine check with ME off */
    mfmsr   4
    rlwinm  4, 4, 0, 20, 18         /* clear ME (0x1000) */
    mtmsr   4
    isync
    lis     3, 0x3000
    lwz     4, 0(3)
    b       .

#elif defined(WILD_SLEEP)           /* asleep with no interrupt enabled, for ever */
    mfmsr   4
    oris    4, 4, 0x0004            /* POW */
    rlwinm  4, 4, 0, 17, 15         /* not EE */
1:  sync
    mtmsr   4
    isync
    b       1b

#elif defined(WILD_REGISTERS)       /* pseudo-random words all over the internal registers and dual-port RAM */
    lis     5, 0x1234
    ori     5, 5, 0x5679
    lis     6, 0x0001
    lis     9, 0x0019               /* 1664525 */
    ori     9, 9, 0x660D
    li      10, 0
    li      12, 0
1:  mullw   5, 5, 9
    addi    5, 5, 0x3C6F
    srwi    7, 5, 8
    rlwinm  7, 7, 0, 18, 29         /* word offset below 0x4000 */
    cmplwi  7, 4                    /* leave SYPCR, the memory controller and the reset keys alone, so that it goes on */
    beq     1b
    cmplwi  7, 0x180
    bge     2f
    cmplwi  7, 0x100
    bge     1b
2:  cmplwi  7, 0x280
    beq     1b
    cmplwi  7, 0x284
    beq     1b
    cmplwi  7, 0x288
    beq     1b
    mullw   8, 5, 5
    xor     8, 8, 12
    stwx    8, 31, 7
    lwzx    12, 31, 7
    addi    10, 10, 1
    b       1b

#elif defined(WILD_DMA)             /* SCC1 and SMC1 with descriptors and lengths that make no sense */
    addi    3, 31, 0x2800
    li      4, 128
    mtctr   4
    li      5, -1                   /* ready or empty, no wrap: the ring never ends */
    lis     6, 0xDFFF               /* W clear */
    ori     6, 6, 0xFFFF
    lis     7, 0x7FFF
    ori     7, 7, 0xFFF1
1:  stw     6, 0(3)                 /* status and a length of 65535 */
    stw     7, 4(3)                 /* where nothing is */
    addi    3, 3, 8
    bdnz    1b
    li      4, 0x2800
    lis     8, 0xFF00
    ori     8, 8, 0x3C00            /* SCC1 parameters */
    sth     4, 0(8)
    sth     4, 2(8)
    li      5, 0x1818
    sth     5, 4(8)
    li      5, -1
    sth     5, 6(8)                 /* MRBLR */
    lis     9, 0xFF00
    ori     9, 9, 0x3E80            /* SMC1 parameters */
    sth     4, 0(9)
    sth     4, 2(9)
    sth     5, 6(9)
    li      6, 0x0001
    sth     6, 0x9C0(31)            /* INIT RX AND TX PARAMS, SCC1 */
2:  lhz     7, 0x9C0(31)
    andi.   7, 7, 1
    bne     2b
    li      6, 0x0091
    sth     6, 0x9C0(31)
3:  lhz     7, 0x9C0(31)
    andi.   7, 7, 1
    bne     3b
    lis     6, 1
    ori     6, 6, 0x2A
    stw     6, 0x9F0(31)            /* BRG1 */
    li      6, 0x4823
    sth     6, 0xA82(31)            /* SMCMR */
    li      6, 0x2C
    stw     6, 0xAEC(31)            /* SICR */
    lis     6, 0x1088
    ori     6, 6, 0x003C            /* GSMR_L: Ethernet, ENR, ENT */
    stw     6, 0xA00(31)
    b       .
#else
#error one of the WILD_ symbols
#endif
