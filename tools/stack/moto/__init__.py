"""Moto, which is S3, SQS and SSM on this machine, and the resources that the template declares there."""
