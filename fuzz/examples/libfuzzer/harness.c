#include "../c/pchc.h" /* the decoder under test */
#include "libpchc.h"   /* the archive */
#include <stdlib.h>
const char *pchc_kind = "request";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pchc_violation violation = {NULL};
    size_t offset = 0;
    int valid = pchc_valid((uint8_t *)data, size, &offset);
    if (pchc_check_request(data, size, &violation) != valid || (!valid && violation.offset != offset))
        abort();
    return 0;
}
