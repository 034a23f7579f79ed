/*
 * A log record as a line of text. The converter's counts become engineering units by a cubic in 64-bit fixed point,
 * as this CPU has no floating point; results are in millionths of the unit.
 */
#include <stdio.h>
#include <string.h>

#include "app.h"

#define TEXT_MAX 2048

static const char units[LOG_CHANNELS + 1] = "VVAACCPPRR";

/* Calibration of channel n at x counts: a0 + a1 x + a2 x² + a3 x³, x as a fraction of full scale. */
static int64_t engineering_value(uint32_t n, uint32_t counts)
{
    int64_t x = counts;
    int64_t a0 = -50000000 + (int64_t)n * 1000000;
    int64_t a1 = 400000000 - (int64_t)n * 7000000;
    int64_t a2 = -30000000 + (int64_t)n * 900000;
    int64_t a3 = 5000000 + (int64_t)n * 110000;

    return a0 + x * (a1 + x * (a2 + x * a3 / 4096) / 4096) / 4096;
}

static uint16_t checksum(const struct log_record *record)
{
    const uint16_t *half = (const uint16_t *)record;
    uint16_t sum = 0;
    int i;

    for (i = 0; i < LOG_RECORD_BYTES / 2 - 1; i++)
        sum = (uint16_t)(sum + half[i]);
    return sum;
}

void log_format(const struct log_record *record, char *text, uint32_t length)
{
    char line[320];
    uint32_t used, n;

    used = (uint32_t)snprintf(line, sizeof line, "%010u %07u.%03u ", (unsigned)record->sequence,
                              (unsigned)(record->time_ms / 1000), (unsigned)(record->time_ms % 1000));
    for (n = 0; n < LOG_CHANNELS; n++) {
        int64_t value = engineering_value(n, record->channel[n]);
        uint64_t magnitude = (uint64_t)(value < 0 ? -value : value);
        used += (uint32_t)snprintf(line + used, sizeof line - used, "ch%u=%04u %c%04u.%06u%c ", (unsigned)n,
                                   record->channel[n], value < 0 ? '-' : '+', (unsigned)(magnitude / 1000000),
                                   (unsigned)(magnitude % 1000000), units[n]);
    }
    if (checksum(record) == record->checksum)
        used += (uint32_t)snprintf(line + used, sizeof line - used, "fl=%04x ck=%04x", record->flags, record->checksum);
    else
        used += (uint32_t)snprintf(line + used, sizeof line - used, "fl=%04x ck=BAD!", record->flags);

    if (used > length - 1)
        used = length - 1;
    memcpy(text, line, used);
    memset(text + used, '.', length - 1 - used);
    text[length - 1] = '\n';
}
