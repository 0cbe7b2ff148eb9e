"""Unattended work: rhythm, logs, metrics, alerts."""
