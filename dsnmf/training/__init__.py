"""The training loop: stopping, interruption, devices, threads, and DSNMF in files."""
