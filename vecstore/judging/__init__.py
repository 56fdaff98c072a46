"""Judging encoders: data in, figures on record, tables and pages out."""
