"""The command line: argv → policy → engine → exit code. One job a file; no logic.

Each job runs as ``lakeveil NAME``, as the wheel's entry point ``lakeveil-NAME``, and by
``spark-submit --py-files <packages zip> jobs/NAME.py``.
"""
