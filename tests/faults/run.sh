#!/bin/sh
# Walks every system call of publishing with strace: killed before it, killed after it, failed with EIO or ENOSPC; then looks
# at the partition, the message, and what the next run leaves.
#   tests/faults/run.sh --bin target/release/tiermill
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command -v strace > /dev/null || { echo "left out: there is no strace"; exit 0; }
strace -qq -o /dev/null true 2> /dev/null || { echo "left out: strace may not trace here"; exit 0; }
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/walk.py" "$@"
