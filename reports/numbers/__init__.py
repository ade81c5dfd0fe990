"""The database's rows → every number of a report, each computed once."""
