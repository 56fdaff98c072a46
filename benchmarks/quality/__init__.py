"""What suites that judge trained encoders share: rows, the table, the run, votes and intervals."""
