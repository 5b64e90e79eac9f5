"""Independent pieces of work: run side by side, their results kept one by one."""
