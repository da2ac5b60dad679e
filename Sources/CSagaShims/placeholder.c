#include "CSagaShims.h"
void saga_shims_placeholder(void) {}
