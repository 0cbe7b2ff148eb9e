"""Compose the steps: pull, match, score, plan, apply, report."""
