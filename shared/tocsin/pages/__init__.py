"""What people see: the console, in a dashboard of CloudWatch and on the page of the local stack."""
