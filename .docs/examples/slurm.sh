#!/usr/bin/env bash
# Four machines of a Slurm cluster read one archive: `sbatch slurm.sh`. Each takes videos that no other has; one that dies or
# is preempted loses the chunk in hand, and the others take its videos over. Submit it again to go on.
#
#   ARCHIVE      the folder with the videos, at the same path on all machines
#   FER_VIDEO_DB postgresql://me@host/shop; the password is better kept in ~/.pgpass
#SBATCH --job-name=fer-video
#SBATCH --array=1-4
#SBATCH --cpus-per-task=8
#SBATCH --mem=10G
#SBATCH --time=12:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
set -euo pipefail
: "${ARCHIVE:?the folder with the videos}" "${FER_VIDEO_DB:?a PostgreSQL database}"
export FER_VIDEO_DB

# SIGTERM comes two minutes before the time is over: chunks in hand are finished, and what was done is said.
exec fer-video analyze "$ARCHIVE" --workers auto --accept known --quiet
