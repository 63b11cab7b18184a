#!/usr/bin/env bash
# Runs one of Lakeveil's jobs by spark-submit, with the packages zip and Delta's jars.
#
#   deploy/spark/submit.sh JOB ARGS...        for example: submit.sh anonymize claims.yaml
#
# MASTER         where to run, local[*] by default
# PYTHON         the interpreter of driver and executors, with Lakeveil's dependencies; .venv's by default
# SUBMIT_ARGS    further arguments of spark-submit, for example "--num-executors 8"
set -euo pipefail

if [ $# -lt 1 ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
python="${PYTHON:-$root/.venv/bin/python}"
job="$1"
shift
script="$job"
[ -f "$script" ] || script="$root/jobs/$job.py"
if [ ! -f "$script" ]; then
  echo "there is no job $job; jobs: $(cd "$root/jobs" && echo *.py)" >&2
  exit 2
fi

zip="$("$python" "$root/deploy/spark/package.py")"
jars="$(cd "$root" && "$python" -m engine.backends.jars | paste -sd, -)"
export PYSPARK_PYTHON="$python" PYSPARK_DRIVER_PYTHON="$python"
SPARK_HOME="${SPARK_HOME:-$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')}"
export SPARK_HOME

master="${MASTER:-local[*]}"
quiet="-Dlog4j2.configurationFile=file://$root/conf/spark/log4j2.properties"
executors=()
case "$master" in local*) executors=(--conf "spark.executor.extraJavaOptions=$quiet") ;; esac

# shellcheck disable=SC2086 - SUBMIT_ARGS is a list of words
exec "$SPARK_HOME/bin/spark-submit" \
  --master "$master" \
  --properties-file "$root/conf/spark/lakeveil.conf" \
  --conf "spark.pyspark.python=$python" \
  --driver-java-options "$quiet" \
  "${executors[@]}" \
  --jars "$jars" \
  --py-files "$zip" \
  ${SUBMIT_ARGS:-} \
  "$script" "$@"
