void saga_shims_placeholder(void);
