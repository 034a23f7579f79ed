/* The harness tested: every test here must fail, each in its own way (test/cpu/supervisor.test.ts knows how). */
#include "check.h"
TESTS

TEST "a wrong value", "the first difference is kept"
    li      r5, 1
    EXPECT_EQ r5, 1
    EXPECT_EQ r5, 2
    EXPECT_EQ r5, 3

TEST "no expectation", "a test must be able to fail"
    nop

TEST "an exception without RESUME", "the rest of the test is left out"
1:  sc
    FAIL    "behind the exception"

TEST "an exception never expected", "every exception counts"
    RESUME  2f
    sc
2:  EXPECT_SAME r5, r5

TEST "an exception too few", "none is vector 0"
    EXPECT_VECTOR 0x700

TEST "exceptions without end", "the log is finite"
    RESUME_WHERE_IT_WAS
    trap

TEST "no end", "the run is cut off"
    b       .

TEST "not reached", "the run is cut off"
    li      r5, 1
    EXPECT_EQ r5, 1

END_TESTS
