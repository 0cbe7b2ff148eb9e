# ruff: noqa: INP001 - a DAG is a file of its own, no part of a package
"""Airflow 3: save in the folder of DAGs; Pulsefield has a virtual environment of its own."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "pulsefield",
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow adds its own time zone
    catchup=False,  # one run reads everything that was missed
    max_active_runs=1,
):
    BashOperator(
        task_id="sync",
        env={"PULSEFIELD_CONFIG": "/etc/pulsefield/pulsefield.toml"},
        append_env=True,
        execution_timeout=timedelta(hours=4),
        bash_command="""
/opt/pulsefield/bin/pulsefield sync --apply
""",
    )
