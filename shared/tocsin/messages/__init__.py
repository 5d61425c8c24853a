"""One alert, as each of its readers gets it: mail, SMS, and JSON for machines."""
