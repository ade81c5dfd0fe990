"""Every word and sentence of a report, in English and Vietnamese."""
