"""What the template declares: AWS's own transformation, CloudFormation's functions, and the parts that run here."""
