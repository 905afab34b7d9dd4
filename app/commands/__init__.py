"""User commands: functions that take the context and apply an operation or submit a job."""
